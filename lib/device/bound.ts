/** A WebGL context of either version. */
export type GL = WebGLRenderingContext | WebGL2RenderingContext

/** A shadow of the GL state that draws set, to skip redundant calls. */
export class Bound {
  readonly #units: (WebGLTexture | undefined)[] = []
  #unit = -1
  #program: WebGLProgram | undefined
  #framebuffer: WebGLFramebuffer | undefined
  #size: readonly [width: number, height: number] = [-1, -1]
  constructor(readonly gl: GL) {}

  /** Forgets the state, after other code has called GL. */
  forget(): void {
    this.#units.length = 0
    this.#unit = -1
    this.#program = undefined
    this.#framebuffer = undefined
    this.#size = [-1, -1]
  }

  program(program: WebGLProgram): void {
    if (this.#program !== program) this.gl.useProgram(program)
    this.#program = program
  }

  /** Binds a texture to a unit, for a program to read. */
  texture(unit: number, texture: WebGLTexture): void {
    if (this.#units[unit] !== texture) this.active(unit, texture)
  }

  /** Binds a texture to a unit and makes that unit the active one. */
  active(unit: number, texture: WebGLTexture): void {
    const { gl } = this
    if (this.#unit !== unit) gl.activeTexture(gl.TEXTURE0 + unit)
    if (this.#units[unit] !== texture) gl.bindTexture(gl.TEXTURE_2D, texture)
    this.#unit = unit
    this.#units[unit] = texture
  }

  framebuffer(framebuffer: WebGLFramebuffer): void {
    if (this.#framebuffer !== framebuffer) this.gl.bindFramebuffer(this.gl.FRAMEBUFFER, framebuffer)
    this.#framebuffer = framebuffer
  }

  /** Sets the viewport: draws fill a corner of this size. */
  size(width: number, height: number): void {
    const [before, high] = this.#size
    if (before !== width || high !== height) this.gl.viewport(0, 0, width, height)
    this.#size = [width, height]
  }
}
