import type { Bound, GL } from './bound.ts'
import type { PooledTexture } from './texture.ts'

/**
 * The framebuffers that GL draws into and reads from. Each texture has its own, so that draws do not attach textures
 * again.
 */
export class Framebuffers {
  /** Framebuffers by number of textures, for sets of textures that are drawn into only once. */
  readonly #together = new Map<number, WebGLFramebuffer>()
  readonly #all = new Set<WebGLFramebuffer>()
  constructor(
    readonly gl: GL,
    readonly bound: Bound,
    readonly isTwo: boolean
  ) {}

  /** A framebuffer of these textures, valid until the next call. */
  of(all: readonly PooledTexture[]): WebGLFramebuffer {
    const [first, ...others] = all
    if (first && others.length === 0) return (first.framebuffer ??= this.create(all))
    const known = this.#together.get(all.length)
    if (known) this.#attach(all, known)
    const framebuffer = known ?? this.create(all)
    this.#together.set(all.length, framebuffer)
    return framebuffer
  }

  /** A framebuffer that belongs to these textures. */
  create(all: readonly PooledTexture[]): WebGLFramebuffer {
    const { gl } = this
    const framebuffer = gl.createFramebuffer()
    this.#all.add(framebuffer)
    this.#attach(all, framebuffer)
    const points = all.map((_, i) => gl.COLOR_ATTACHMENT0 + i)
    if (all.length === 1) return framebuffer
    if (this.isTwo) (gl as WebGL2RenderingContext).drawBuffers(points)
    else gl.getExtension('WEBGL_draw_buffers')!.drawBuffersWEBGL(points)
    return framebuffer
  }

  delete(framebuffer: WebGLFramebuffer | undefined): void {
    if (framebuffer && this.#all.delete(framebuffer)) this.gl.deleteFramebuffer(framebuffer)
  }

  dispose(): void {
    this.#all.forEach((framebuffer) => this.delete(framebuffer))
    this.#together.clear()
  }

  #attach(all: readonly PooledTexture[], framebuffer: WebGLFramebuffer): void {
    const { gl } = this
    this.bound.framebuffer(framebuffer)
    all.forEach(({ texture }, i) =>
      gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0 + i, gl.TEXTURE_2D, texture, 0)
    )
  }
}
