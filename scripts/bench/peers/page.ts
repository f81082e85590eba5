import type { Contender, Prepared } from '../prepared.ts'
import type { Handed } from '../protocol.ts'

// What runs in a page of Chromium. Numbers go in and out as base64: all that gets through fast.

const bytesIn = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))

/** (All letters at once would be too many arguments.) */
const base64Of = (numbers: Float32Array): string => {
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)
  const parts: string[] = []
  for (let i = 0; i < bytes.length; i += 0x8000) parts.push(String.fromCharCode(...bytes.subarray(i, i + 0x8000)))
  return btoa(parts.join(''))
}

const driver = (): string => {
  const gl = new OffscreenCanvas(1, 1).getContext('webgl')
  const info = gl?.getExtension('WEBGL_debug_renderer_info')
  return gl && info ? String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL)) : 'no WebGL'
}

/** A contender as a page shows it to the process that owns the page. */
export interface Shown {
  open(backend: string): Promise<Contender['facts']>
  prepare(task: Handed, numbers: string): Promise<void>
  result(): Promise<string>
  time(runs: number): Promise<number>
  dispose(): void
}

export const shown = (contenderOf: (backend: string) => Promise<Contender>): Shown => {
  let [contender, prepared]: [Contender | undefined, Prepared | undefined] = [undefined, undefined]
  return {
    open: async (backend) => {
      contender = await contenderOf(backend)
      return { ...contender.facts, driver: driver(), isolated: String(crossOriginIsolated) }
    },
    prepare: async (task, numbers) => {
      prepared = await contender!.prepare({ task, numbers: new Float32Array(bytesIn(numbers).buffer) })
    },
    result: async () => base64Of(await prepared!.result()),
    time: (runs) => prepared!.time(runs),
    dispose: () => prepared!.dispose()
  }
}
