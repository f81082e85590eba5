import * as t from '../../lib/index.ts'
import type { BrowserDevice } from './life.ts'
import { cases, outcomeOf, type Outcome } from './cases.ts'

// What runs in the page. The bundle's exports are a global of the page, see `Page` in page.ts.

export * as models from '../../models/index.ts'
export * as life from './life.ts'

export type { BrowserDevice }

const opened = new Map<BrowserDevice, Promise<t.Device>>()

/** One device of each kind for the whole page: browsers give few contexts. */
const deviceOf = (name: BrowserDevice): Promise<t.Device> => {
  const device = opened.get(name) ?? t.device({ name })
  opened.set(name, device)
  return device
}

export const run = async (device: BrowserDevice, name: string): Promise<Outcome> =>
  outcomeOf(name, await deviceOf(device))

/** Every case on both kinds of WebGL, for a browser that is asked once. */
export const runAll = async (): Promise<Readonly<Record<BrowserDevice, Readonly<Record<string, Outcome>>>>> => {
  const on = async (device: BrowserDevice): Promise<Readonly<Record<string, Outcome>>> => {
    const outcomes: Record<string, Outcome> = {}
    for (const name of cases.keys())
      outcomes[name] = await run(device, name).catch((thrown: unknown) => ({
        name,
        ok: false,
        message: String(thrown),
        sharp: 0
      }))
    return outcomes
  }
  return { webgl2: await on('webgl2'), webgl: await on('webgl') }
}

/** What a device calls itself and what draws for it. */
export const identity = async (device: BrowserDevice): Promise<readonly [name: string, renderer: string]> => {
  const { name, renderer } = await deviceOf(device)
  return [name, renderer]
}

/** The device that nobody asked for by name. */
export const preferred = async (): Promise<string> => {
  using device = await t.device()
  return device.name
}

/** What opening a device says. */
export const refusal = async (name: t.DeviceName): Promise<string> => {
  try {
    await t.device({ name })
    return ''
  } catch (thrown) {
    return String(thrown)
  }
}

type AnyCanvas = HTMLCanvasElement | OffscreenCanvas

const canvases: Readonly<Record<'HTMLCanvasElement' | 'OffscreenCanvas', () => AnyCanvas>> = {
  HTMLCanvasElement: () => document.body.appendChild(document.createElement('canvas')),
  OffscreenCanvas: () => new OffscreenCanvas(1, 1)
}
export type CanvasKind = keyof typeof canvases

const contextOf = (canvas: AnyCanvas) =>
  canvas instanceof HTMLCanvasElement ? canvas.getContext('2d') : canvas.getContext('2d')

export interface Drawn {
  readonly kind: string
  readonly size: readonly [width: number, height: number]
  readonly pixels: readonly number[]
}

/** Draws two images of two pixels each, black and white, and gray and white, side by side. */
export const drawOn = (kind: CanvasKind): Drawn => {
  const canvas = canvases[kind]()
  const images = { data: Float32Array.of(-1, 1, 0, 1), shape: [2, 1, 1, 2] }
  t.draw(t.grid(images, { rows: 1, cols: 2, gap: 0 }), canvas)
  const { width, height } = canvas
  const pixels = contextOf(canvas)!.getImageData(0, 0, width, height).data
  return { kind: canvas.constructor.name, size: [width, height], pixels: [...pixels] }
}

/** What the page reads in a model file: the format, names, shapes and values; and what it writes of it as a `.pt` file. */
export const readModel = (bytes: readonly number[]) => {
  const file = t.decodeModel(Uint8Array.from(bytes))
  if (file._tag === 'Left') throw new Error(file.left.message)
  const { format, tensors } = file.right
  const values = Object.entries(tensors).map(([name, { shape, data }]) => ({ name, shape, data: Array.from(data) }))
  return { format, values, written: Array.from(t.encodePyTorch(tensors)) }
}
