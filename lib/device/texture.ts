import { sideOf } from '../compile/kernel/layout.ts'
import type { Bound, GL } from './bound.ts'
import type { Shape } from '../core/shape.ts'
import { type Counters } from './api/counters.ts'
import { weightOf, type Occupied, type Saved } from './engine.ts'
import type { Loss } from './api/lost.ts'

/** What a GL context gives to all that make and use textures. */
export interface TextureHost {
  readonly gl: GL
  readonly bound: Bound
  readonly isTwo: boolean
  /** Of the largest texture. */
  readonly size: number
  /** Bytes of textures to stay within. */
  readonly budget: number
  readonly counters: Counters
  readonly loss: Loss
}

export const textureBytes = (width: number, height: number): number => sideOf(width) * sideOf(height) * 16

/** A texture of the pool. */
export class HeldTexture implements Occupied {
  readonly bytes: number
  readonly weight: number
  /** Of the tensor that lies there, or lay there last. */
  shape: Shape = []
  /** Whether it waits to be used again. */
  waits = false
  /** To draw into it and to read from it, once that was wanted. */
  framebuffer: WebGLFramebuffer | undefined
  /** The last run that took it. */
  run = -1
  constructor(
    readonly texture: WebGLTexture,
    /** Of the part that holds texels. */
    readonly width: number,
    readonly height: number
  ) {
    this.bytes = textureBytes(width, height)
    this.weight = weightOf(this)
  }

  get all(): readonly HeldTexture[] {
    return [this]
  }
}

/** Textures of one size that a tiled kernel writes its planes to, always the same together. */
export class Planes {
  readonly weight: number
  run = -1
  constructor(
    readonly all: readonly HeldTexture[],
    readonly framebuffer: WebGLFramebuffer
  ) {
    this.weight = all.reduce((sum, { weight }) => sum + weight, 0)
  }
}

/** The texels of a texture, on the host. */
export class Texels implements Saved {
  readonly bytes: number
  constructor(
    readonly texels: Float32Array,
    readonly held: Pick<HeldTexture, 'shape' | 'width' | 'height'>
  ) {
    this.bytes = texels.byteLength
  }
}

/** A texture with memory; nothing where the driver has none left. */
export const createTexture = (
  { gl, bound, isTwo }: TextureHost,
  across: number,
  down: number
): WebGLTexture | undefined => {
  // what went wrong before is none of ours
  gl.getError()
  // null where the context is lost, whatever the types say
  const texture = gl.createTexture() as WebGLTexture | null
  if (!texture) return undefined
  bound.active(0, texture)
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE)
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE)
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST)
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST)
  const format = isTwo ? (gl as WebGL2RenderingContext).RGBA32F : gl.RGBA
  gl.texImage2D(gl.TEXTURE_2D, 0, format, across, down, 0, gl.RGBA, gl.FLOAT, null)
  if (gl.getError() !== gl.OUT_OF_MEMORY) return texture
  gl.deleteTexture(texture)
  return undefined
}

export const writeTexels = (
  { gl, bound }: TextureHost,
  { texture, width, height }: HeldTexture,
  texels: Float32Array
): void => {
  bound.active(0, texture)
  gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, width, height, gl.RGBA, gl.FLOAT, texels)
}

export const readTexels = (
  { gl, bound, loss }: TextureHost,
  { shape, width, height }: HeldTexture,
  framebuffer: WebGLFramebuffer
): Texels => {
  bound.framebuffer(framebuffer)
  const texels = new Float32Array(width * height * 4)
  gl.readPixels(0, 0, width, height, gl.RGBA, gl.FLOAT, texels)
  // GL reads zeros from a context that is lost
  loss.check()
  return new Texels(texels, { shape, width, height })
}
