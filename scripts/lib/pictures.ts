import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import * as node from 'tessera/node'
import type { Failure } from 'tessera'

/** Writes pictures into a folder. */
export interface Album {
  /** Whether PNG files can be drawn; a GIF always can. */
  readonly draws: boolean
  png(name: string, images: t.Images, title: string, options?: t.GridOptions): TE.TaskEither<Failure, void>
  lossChart(points: readonly t.LossPoint[], title: string): TE.TaskEither<Failure, void>
  /** A film of several stages of the same images; the last one stays for a while. */
  gif(name: string, frames: readonly t.Images[], options?: t.GridOptions): TE.TaskEither<Failure, void>
}

const widest = 560

/** The largest scale at which images side by side are at most so wide. */
const scaleFor = ({ shape }: t.Images, cols: number, most: number): number =>
  Math.max(1, Math.floor(most / (shape.at(-1)! * cols)))

const still = (images: t.Images, options: t.GridOptions): t.Picture => {
  const { cols } = t.gridSize(images.shape[0]!, options)
  return t.grid(images, { ...options, scale: scaleFor(images, cols, widest) })
}

// smaller than stills unless it is a single row, because noise does not compress
const frame =
  (options: t.GridOptions) =>
  (images: t.Images): t.Picture => {
    const { rows, cols } = t.gridSize(images.shape[0]!, options)
    return t.grid(images, {
      ...options,
      range: 'each',
      scale: scaleFor(images, cols, rows === 1 ? widest : widest / 2)
    })
  }

/** An album in a folder. Without a canvas it writes no PNG files, and says so once, with what helps. */
export const albumIn = (folder: string, complain: (line: string) => void): Album => {
  const canvas = node.loadCanvas()
  if (E.isLeft(canvas)) complain(canvas.left.message)
  const draws = E.isRight(canvas)
  const drawing = (task: () => TE.TaskEither<Failure, void>) => (draws ? task() : TE.right(undefined))
  return {
    draws,
    png: (name, images, title, options = {}) =>
      drawing(() => node.writePng(join(folder, name), still(images, options), { title })),
    lossChart: (points, title) => drawing(() => node.writeLossChart(join(folder, 'loss.png'), points, { title })),
    gif: (name, frames, options = {}) =>
      pipe(t.holdLast(frames.map(frame(options))), t.encodeGif(), (bytes) =>
        node.writeAtomic(join(folder, name), bytes)
      )
  }
}

/** A batch of a data set as images to draw. */
export const imagesOfBatch = ({ height, width }: t.Dataset, { images, size }: t.Batch): t.Images => ({
  data: images,
  shape: [size, 1, height, width]
})

/** The part of the forward process that each row of its picture has behind it. */
export const stages = [0, 0.25, 0.5, 0.75, 1] as const

/** Images in a row of its picture. */
export const perStage = 10

/** The timestep after which a part of the forward process is done; none before the first. */
export const timestepAt = (part: number, steps: number): number => Math.max(0, Math.floor(part * steps) - 1)

/** The first images of a batch, and below them the same images with more and more of the same noise. */
export const forwardProcess = async (
  device: t.Device,
  schedule: t.Schedule,
  { data, shape: [count, ...picture] }: t.Images,
  key: t.Key
): Promise<t.Images> => {
  const n = Math.min(perStage, count!)
  const pixels = picture.reduce((product, d) => product * d, 1)
  const x0 = t.tensor(data.subarray(0, n * pixels), [n, ...picture])
  const eta = t.normal(key, x0.shape)
  const noisy = (part: number): t.Tensor =>
    part === 0
      ? x0
      : t.noise(schedule)(x0, t.tensor(new Float32Array(n).fill(timestepAt(part, schedule.steps)), [n]), eta)
  const all = t.concat(stages.map(noisy), { axis: 0 })
  return { data: Float32Array.from(await device.read(all)), shape: all.shape }
}
