/** Statements of GLSL, or of JavaScript whose functions need no `Math.` in front of them. */
type Statements = readonly string[]

/** A function of floats that the text of a row calls. */
export interface Helper {
  readonly name: string
  readonly params: readonly string[]
  /** Both languages share it, but for how they declare a name (`float x = …;`); or each has its own. */
  readonly body: Statements | { readonly glsl: Statements; readonly js: Statements }
  /** Whether the GLSL serves a `vec4` as it stands; else it is called for each of the four numbers. */
  readonly wide?: true
  /** The helpers that it calls. */
  readonly calls?: readonly Helper[]
}

/** GLSL takes a number without a point for an integer. */
const float = (a: number): string => (Number.isInteger(a) ? a.toFixed(1) : String(a))

/** a₀ + a₁ x + a₂ x² + …, as text. */
export const polynomial = (x: string, coefficients: readonly number[]): string =>
  coefficients.reduceRight((text, a) => (text === '' ? `(${float(a)})` : `(${float(a)} + ${x} * ${text})`), '')
