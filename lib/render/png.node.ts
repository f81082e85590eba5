import { createRequire } from 'node:module'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { failure, reason } from '../base/failure.ts'
import type { Failure } from '../base/failure.ts'
import { raise } from '../base/raise.ts'
import { writeAtomic } from '../io/atomic.node.ts'
import { draw } from './canvas.ts'
import type { CanvasLike, DrawOptions } from './canvas.ts'
import { checkPicture, type Picture } from './pixels.ts'

/** A canvas that can write itself as PNG: what node `canvas` makes. */
export interface PngCanvas extends CanvasLike {
  toBuffer(type: 'image/png'): Uint8Array
}

/** A canvas of the package `canvas`, which draws as a browser's does. */
export interface NodeCanvas extends PngCanvas {
  getContext(kind: '2d'): CanvasRenderingContext2D
}

/** What is used of the package `canvas`. */
export interface CanvasModule {
  readonly createCanvas: (width: number, height: number) => NodeCanvas
}

// the package has types of its own, but may not be there to tell them
const asCanvasModule = (loaded: unknown): CanvasModule => loaded as CanvasModule

const unavailable = (thrown: unknown): Failure =>
  failure('unavailable', `no pictures: the package canvas cannot be loaded (${reason(thrown)}): run npm run setup`)

/** `loadCanvas` with the loader as an argument. */
export const loadCanvasBy = (load: (name: string) => unknown): E.Either<Failure, CanvasModule> =>
  E.tryCatch(() => asCanvasModule(load('canvas')), unavailable)

/**
 * The package `canvas`, loaded when first asked for: it is an optional dependency, and everything that
 * draws nothing works without it. The failure is of kind `unavailable` and says how to mend it.
 *
 * @example
 * ```ts
 * import { isRight } from 'fp-ts/Either'
 * import * as node from 'tessera/node'
 * const canvas = node.loadCanvas()
 * if (isRight(canvas)) canvas.right.createCanvas(10, 10)
 * ```
 */
export const loadCanvas = (): E.Either<Failure, CanvasModule> => loadCanvasBy(createRequire(import.meta.url))

const isPicture = (drawing: Picture | PngCanvas): drawing is Picture => 'data' in drawing

/** The longest side that Cairo, which draws for `canvas`, has a surface for. */
const mostPixels = 32_767

const drawn = (picture: Picture, options: DrawOptions, { createCanvas }: CanvasModule): PngCanvas => {
  checkPicture('encodePng', picture, mostPixels)
  const canvas = createCanvas(1, 1)
  draw(picture, canvas, options)
  return canvas
}

/** The bytes of a PNG file; raises where they are of another picture: a canvas without memory writes one of 1x1. */
const bytesOf = (canvas: PngCanvas): Uint8Array => {
  const { width, height } = canvas
  const bytes = Math.max(width, height) > mostPixels ? new Uint8Array() : canvas.toBuffer('image/png')
  if (sizeInPng(bytes) === `${width}x${height}`) return bytes
  return raise(
    'encodePng',
    `a canvas of ${width}x${height} pixels: it has at most ${mostPixels} a side, and memory for all`
  )
}

/** What the header of a PNG file says. */
const sizeInPng = (bytes: Uint8Array): string | undefined => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return bytes.length < 24 ? undefined : `${view.getUint32(16)}x${view.getUint32(20)}`
}

const asPng = (canvas: () => PngCanvas): E.Either<Failure, Uint8Array> =>
  E.tryCatch(
    () => bytesOf(canvas()),
    (thrown) => failure('write', `the picture cannot be made a PNG: ${reason(thrown)}`)
  )

/** A picture, with a title if there is one, as the bytes of a PNG file; failures as of `writePng`. */
export const encodePng = (picture: Picture, options: DrawOptions = {}): E.Either<Failure, Uint8Array> =>
  pipe(
    loadCanvas(),
    E.flatMap((canvas) => asPng(() => drawn(picture, options, canvas)))
  )

/**
 * Writes a picture, or what is drawn on a canvas, as a PNG file. The failure is of kind `unavailable`
 * without the package `canvas`, else `write`.
 *
 * @param options a title is drawn above a picture; a canvas stays as it is
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * import * as node from 'tessera/node'
 * const save = (images: t.Images) => node.writePng('samples.png', t.grid(images, { scale: 4 }), { title: 'Samples' })
 * ```
 */
export const writePng = (
  path: string,
  drawing: Picture | PngCanvas,
  options: DrawOptions = {}
): TE.TaskEither<Failure, void> =>
  pipe(
    TE.fromIOEither(() => (isPicture(drawing) ? encodePng(drawing, options) : asPng(() => drawing))),
    TE.flatMap((bytes) => writeAtomic(path, bytes))
  )
