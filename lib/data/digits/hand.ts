import { foldInWords, normalValues, uniformValues } from '../../random/threefry.ts'
import type { Words } from '../../random/threefry.ts'
import { skeletons } from './skeletons.ts'
import { spline } from './spline.ts'
import type { Point } from './spline.ts'

/** A point of a stroke and the pen's radius there, in pixels. */
export type Dot = readonly [x: number, y: number, radius: number]
export type Stroke = readonly Dot[]

/** x ↦ a x + c y, y ↦ b x + d y: the order of a canvas's `setTransform`. */
export type Matrix = readonly [a: number, b: number, c: number, d: number]

/** The longer side of a written digit in pixels, as in MNIST. */
const BOX = 20
/** The margin around it in a picture of 28 pixels. */
const MARGIN = 4

const clamp = (lo: number, hi: number, v: number): number => Math.min(hi, Math.max(lo, v))

/** A random one of the choices. */
const choose = <A>(words: Words, choices: readonly A[]): A =>
  choices[Math.floor(uniformValues(words, 1)[0]! * choices.length)]!

/** Quadratic Bernstein weights: a smooth share of the left, the middle and the right. */
const shares = (at: number): readonly [number, number, number] => [(1 - at) * (1 - at), 2 * at * (1 - at), at * at]

/** Moves a point by at most about `amount`, with a smooth field: nine displacements over the box, blended. */
const bend =
  (z: Float32Array, amount: number) =>
  ([x, y]: Point): Point => {
    const across = shares(x)
    const down = shares(y)
    const row = (from: number): number => across.reduce((sum, share, column) => sum + share * z[from + column]!, 0)
    const blend = (from: number): number => down.reduce((sum, share, i) => sum + share * row(from + 3 * i), 0)
    return [x + amount * blend(0), y + amount * blend(9)]
  }

/**
 * Slant, width (about `usual` times the height) and rotation, from three standard normal values. The rotation is given
 * by t = tan(θ / 2), because cos θ = (1 - t²) / (1 + t²) and sin θ = 2t / (1 + t²) have the same bits on every machine,
 * which `Math.cos` and `Math.sin` may not have.
 */
const lean = (z: Float32Array, usual: number): Matrix => {
  const slant = clamp(-0.25, 0.6, 0.16 + 0.18 * z[0]!)
  const width = usual * clamp(0.6, 1.45, 1 + 0.2 * z[1]!)
  const t = clamp(-0.12, 0.12, 0.04 * z[2]!)
  const cos = (1 - t * t) / (1 + t * t)
  const sin = (2 * t) / (1 + t * t)
  return [width * cos, width * sin, -slant * cos - sin, cos - slant * sin]
}

const apply =
  ([a, b, c, d]: Matrix) =>
  ([x, y]: Point): Point => [a * x + c * y, b * x + d * y]

/** A stroke's points in the unit box. Its ends are moved a little, because ends never meet exactly. */
const looseEnds = (stroke: readonly number[], z: Float32Array): readonly Point[] => {
  const points = Array.from({ length: stroke.length / 2 }, (_, i): Point => [
    stroke[2 * i]! / 100,
    stroke[2 * i + 1]! / 100
  ])
  const loosen = ([x, y]: Point, at: number): Point => [x + 0.03 * z[at]!, y + 0.03 * z[at + 1]!]
  return [loosen(points[0]!, 0), ...points.slice(1, -1), loosen(points.at(-1)!, 2)]
}

const extent = (values: readonly number[]): readonly [lo: number, length: number] => {
  const lo = Math.min(...values)
  return [lo, Math.max(...values) - lo]
}

/** Rounds the pen's radius, so that a canvas can draw longer pieces at once. */
const inSteps = (radius: number): number => Math.round(radius * 16) / 16

/** Scales lines to the box, including the pen's width, and sets the pen's radius, which tapers towards one end. */
const ink = (lines: readonly (readonly Point[])[], z: Float32Array): readonly Stroke[] => {
  const radius = clamp(0.8, 2, 1.28 + 0.3 * z[0]!)
  const taper = clamp(-0.25, 0.25, 0.12 * z[1]!)
  const points = lines.flat()
  const [left, width] = extent(points.map(([x]) => x))
  const [top, height] = extent(points.map(([, y]) => y))
  const scale = (BOX - 2 * radius) / Math.max(width, height)
  const place = (v: number, from: number): number => scale * (v - from) + radius + MARGIN
  const along = (i: number, n: number): number => inSteps(radius * (1 + taper * ((2 * i) / n - 1)))
  return lines.map((line) => line.map(([x, y], i): Dot => [place(x, left), place(y, top), along(i, line.length)]))
}

/** The strokes of one digit in a picture of 28×28 pixels, in a handwriting that the random words decide. */
export const write = (words: Words, label: number): readonly Stroke[] => {
  const skeleton = choose(foldInWords(words, 0), skeletons[label]!)
  const z = normalValues(foldInWords(words, 1), 64)
  const field = bend(z.subarray(5, 23), 0.11)
  const matrix = lean(z.subarray(0, 3), 0.78)
  const lines = skeleton.map((stroke, i) => spline(looseEnds(stroke, z.subarray(23 + 4 * i)).map(field)))
  return ink(
    lines.map((line) => line.map(apply(matrix))),
    z.subarray(3, 5)
  )
}

/** A digit of a font, to be drawn around the middle of a picture. */
export interface Letter {
  readonly text: string
  /** A CSS font family. */
  readonly family: string
  /** In pixels. */
  readonly height: number
  readonly matrix: Matrix
}

/** One digit in one of the font families, slanted as the random words decide. */
export const set = (words: Words, label: number, families: readonly string[]): Letter => {
  const z = normalValues(foldInWords(words, 1), 3)
  return { text: String(label), family: choose(foldInWords(words, 0), families), height: BOX, matrix: lean(z, 1) }
}
