// Whether a model only repeats what it was trained on: its samples, each above the training images most like it.
import type * as TE from 'fp-ts/TaskEither'
import type * as t from 'tessera'
import type { Failure } from 'tessera'
import { nearest } from 'tessera/metrics'
import type { Album } from '../lib/pictures.ts'
import { allOf, picture, pixels } from '../lib/reading.ts'

/** Training images below each sample, the nearest first. */
const below = 3

/** The pictures of some rows, one after the other. */
const rowsOf = (rows: readonly (readonly Float32Array[])[]): Float32Array => {
  const all = rows.flat()
  const joined = new Float32Array(all.length * pixels)
  all.forEach((image, i) => joined.set(image, i * pixels))
  return joined
}

/** The first samples in a row, and in the rows below the training images nearest to each, by all their pixels. */
export const besideNearest = (samples: Float32Array, training: t.Dataset): t.Images => {
  const known = allOf(training)
  const at = (images: Float32Array, i: number): Float32Array => images.subarray(i * pixels, (i + 1) * pixels)
  const found = nearest(samples, known, pixels, Math.min(below, training.count))
  const rows = found[0]!.map((_, k) => found.map((neighbours) => at(known, neighbours[k]!.index)))
  const data = rowsOf([found.map((_, i) => at(samples, i)), ...rows])
  return { data, shape: [data.length / pixels, ...picture] }
}

/** Draws nearest.png. */
export const writeNeighbours = (
  album: Album,
  samples: Float32Array,
  training: t.Dataset
): TE.TaskEither<Failure, void> => {
  const title = 'Samples, and below each the training images nearest to it'
  return album.png('nearest.png', besideNearest(samples, training), title, { cols: samples.length / pixels })
}
