/** A program, and the numbers it is run with. */
export interface KernelSource {
  readonly text: string
  /** The values of its uniforms, four to a vector. */
  readonly uniforms: readonly number[]
  /** How many vectors of uniforms the vertex shader hands on as varyings. */
  readonly varyings?: number
  /** Functions that the text calls, if the language has them apart. */
  readonly functions?: readonly string[]
}
