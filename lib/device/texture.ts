import { sideOf } from '../compile/kernel/layout.ts'
import type { Bound, GL } from './bound.ts'
import type { Shape } from '../core/shape.ts'
import { type Counters } from './api/counters.ts'
import { weightOf, type Occupied, type Saved } from './engine.ts'
import type { DeviceLoss } from './api/lost.ts'

/** What code that makes and uses textures needs of a GL context. */
export interface TextureHost {
  readonly gl: GL
  readonly bound: Bound
  readonly isTwo: boolean
  /** The side of the largest texture, in texels. */
  readonly size: number
  /** Bytes of textures to stay within. */
  readonly budget: number
  readonly counters: Counters
  readonly loss: DeviceLoss
}

/** Bytes of a texture for a layout of this size. */
export const textureBytes = (width: number, height: number): number => sideOf(width) * sideOf(height) * 16

/** A texture of the pool. */
export class PooledTexture implements Occupied {
  readonly bytes: number
  readonly weight: number
  /** The shape of its tensor, or of the last one. */
  shape: Shape = []
  /** Whether it is free. */
  waits = false
  /** The framebuffer to draw into it and read from it, made on first use. */
  framebuffer: WebGLFramebuffer | undefined
  /** The last run that took it. */
  run = -1
  constructor(
    readonly texture: WebGLTexture,
    /** The size of the part that is in use. */
    readonly width: number,
    readonly height: number
  ) {
    this.bytes = textureBytes(width, height)
    this.weight = weightOf(this)
  }

  get all(): readonly PooledTexture[] {
    return [this]
  }
}

/** Render targets of a tiled kernel: textures of one size that always stay together. */
export class RenderTargets {
  readonly weight: number
  run = -1
  constructor(
    readonly all: readonly PooledTexture[],
    readonly framebuffer: WebGLFramebuffer
  ) {
    this.weight = all.reduce((sum, { weight }) => sum + weight, 0)
  }
}

/** A copy of a texture's texels on the host. */
export class Texels implements Saved {
  readonly bytes: number
  constructor(
    readonly texels: Float32Array,
    readonly held: Pick<PooledTexture, 'shape' | 'width' | 'height'>
  ) {
    this.bytes = texels.byteLength
  }
}

/** Creates a texture with memory; undefined if the driver has none left. */
export const createTexture = (
  { gl, bound, isTwo }: TextureHost,
  across: number,
  down: number
): WebGLTexture | undefined => {
  // clear earlier errors
  gl.getError()
  // null if the context is lost, whatever the types say
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

/** Writes texels into a texture. */
export const writeTexels = (
  { gl, bound }: TextureHost,
  { texture, width, height }: PooledTexture,
  texels: Float32Array
): void => {
  bound.active(0, texture)
  gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, width, height, gl.RGBA, gl.FLOAT, texels)
}

/** Reads the texels of a texture through a framebuffer. */
export const readTexels = (
  { gl, bound, loss }: TextureHost,
  { shape, width, height }: PooledTexture,
  framebuffer: WebGLFramebuffer
): Texels => {
  bound.framebuffer(framebuffer)
  const texels = new Float32Array(width * height * 4)
  gl.readPixels(0, 0, width, height, gl.RGBA, gl.FLOAT, texels)
  // GL reads zeros from a lost context
  loss.check()
  return new Texels(texels, { shape, width, height })
}
