import { createRequire } from 'node:module'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { failure, reason } from '../../base/failure.ts'
import type { Failure } from '../../base/failure.ts'
import { raise } from '../../base/raise.ts'
import { writeAtomic } from './atomic.ts'
import { draw } from '../../render/canvas.ts'
import type { CanvasLike, DrawOptions } from '../../render/canvas.ts'
import { checkPicture, type Picture } from '../../render/pixels.ts'

/** A canvas that can be written as a PNG file. */
export interface PngCanvas extends CanvasLike {
  /** The bytes of a PNG file. */
  toBuffer(type: 'image/png'): Uint8Array
}

/** A canvas of the package `canvas`, which draws like one of a browser. */
export interface NodeCanvas extends PngCanvas {
  /** The 2d context. */
  getContext(kind: '2d'): CanvasRenderingContext2D
}

/** The part of the package `canvas` that is used. */
export interface CanvasModule {
  /** Makes a canvas, with its size in pixels. */
  readonly createCanvas: (width: number, height: number) => NodeCanvas
}

// the package has types, but it may not be installed
const asCanvasModule = (loaded: unknown): CanvasModule => loaded as CanvasModule

const unavailable = (thrown: unknown): Failure =>
  failure(
    'unavailable',
    `no pictures: the package canvas cannot be loaded (${reason(thrown)}): run npm install canvas, or in a clone of tessera npm run setup`
  )

/**
 * `loadCanvas`, with the loader of packages as an argument. The failure is of kind `unavailable`.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * import * as node from 'tessera/node'
 * const canvas = node.loadCanvasBy(() => t.raise('load', 'there is no such package'))
 * assert.ok(canvas._tag === 'Left' && canvas.left.kind === 'unavailable')
 * ```
 */
export const loadCanvasBy = (load: (name: string) => unknown): E.Either<Failure, CanvasModule> =>
  E.tryCatch(() => asCanvasModule(load('canvas')), unavailable)

/**
 * Loads the package `canvas`. It is an optional dependency: everything that draws no picture works without it. The
 * failure is of kind `unavailable`, and says how to install it.
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

/** The longest side of a surface of Cairo, with which `canvas` draws. */
const mostPixels = 32_767

const drawn = (picture: Picture, options: DrawOptions, { createCanvas }: CanvasModule): PngCanvas => {
  checkPicture('encodePng', picture, mostPixels)
  const canvas = createCanvas(1, 1)
  draw(picture, canvas, options)
  return canvas
}

/** The bytes of a PNG file. Raises if their size is wrong: a canvas that is out of memory writes a picture of 1x1. */
const bytesOf = (canvas: PngCanvas): Uint8Array => {
  const { width, height } = canvas
  const bytes = Math.max(width, height) > mostPixels ? new Uint8Array() : canvas.toBuffer('image/png')
  if (sizeInPng(bytes) === `${width}x${height}`) return bytes
  return raise(
    'encodePng',
    `a canvas of ${width}x${height} pixels: it has at most ${mostPixels} a side, and memory for all`
  )
}

/** The size in the header of a PNG file. */
const sizeInPng = (bytes: Uint8Array): string | undefined => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return bytes.length < 24 ? undefined : `${view.getUint32(16)}x${view.getUint32(20)}`
}

const asPng = (canvas: () => PngCanvas): E.Either<Failure, Uint8Array> =>
  E.tryCatch(
    () => bytesOf(canvas()),
    (thrown) => failure('write', `the picture cannot be made a PNG: ${reason(thrown)}`)
  )

/**
 * The bytes of a PNG file with a picture, and a title if there is one. The failure is of kind `unavailable` without the
 * package `canvas`, else `write`.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * import * as node from 'tessera/node'
 * const picture = t.grid({ data: Float32Array.of(-1, 1), shape: [2, 1, 1] })
 * const png = node.encodePng(picture)
 * if (png._tag === 'Right') assert.deepStrictEqual([...png.right.subarray(1, 4)], [...'PNG'].map((c) => c.charCodeAt(0)))
 * ```
 */
export const encodePng = (picture: Picture, options: DrawOptions = {}): E.Either<Failure, Uint8Array> =>
  pipe(
    loadCanvas(),
    E.flatMap((canvas) => asPng(() => drawn(picture, options, canvas)))
  )

/**
 * Writes a picture, or the content of a canvas, to a PNG file. The failure is of kind `unavailable` without the package
 * `canvas`, else `write`.
 *
 * @param options a title above a picture; a canvas is written as it is
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
