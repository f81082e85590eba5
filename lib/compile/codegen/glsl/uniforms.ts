import { callsIn, floatText, isHole, joined, numberText, rendered, type Code, type Hole } from '../code.ts'
import type { KernelSource } from '../program.ts'
import { functionName, functionsOf } from './prelude.ts'

/** Numbers that say how a kernel works rather than what its shapes are. */
const structural: ReadonlySet<number> = new Set([0, 0.5, 1])

/** How a driver's programs get their numbers. */
export interface UniformLimits {
  /** The most uniforms that a program may have. */
  readonly most: number
  /**
   * The most vectors of four uniforms that come from the vertex shader, as varyings that are the same at all corners:
   * llvmpipe gathers a uniform for each pixel again, a hundred instructions for four of them; a varying takes five.
   */
  readonly varyings: number
}

/** The uniforms of a program, in the order in which they are named. */
class Uniforms {
  readonly values: number[] = []
  readonly #known = new Map<string, string>()

  add(n: number): string {
    const at = this.values.push(n) - 1
    return `n${at >> 2}.${'xyzw'[at & 3]!}`
  }

  /** The uniform for all numbers with the same key. */
  shared(key: string, n: number): string {
    const name = this.#known.get(key) ?? this.add(n)
    this.#known.set(key, name)
    return name
  }
}

/** Names the uniform for a hole of one kind; undefined for other holes. */
type Rule = (hole: Hole, uniforms: Uniforms) => string | undefined

const side: Rule = (hole, uniforms) =>
  hole.kind === 'side' ? uniforms.shared(`${hole.slot}${hole.side}`, 1 / hole.texels) : undefined
/** A loop must have a constant end in WebGL 1, so it breaks at a uniform. */
const trips: Rule = (hole, uniforms) => (hole.kind === 'trips' ? uniforms.add(hole.value) : undefined)
const size: Rule = (hole, uniforms) => (hole.kind === 'size' ? uniforms.add(hole.value) : undefined)
/** GLSL has no literals for NaN and infinity. */
const nonFinite: Rule = (hole, uniforms) =>
  hole.kind === 'size' && !Number.isFinite(hole.value) ? uniforms.shared(String(hole.value), hole.value) : undefined
const literal: Rule = (hole, uniforms) => {
  if (hole.kind !== 'literal' || hole.value < 0 || structural.has(hole.value)) return undefined
  const text = floatText(hole.value)
  return uniforms.shared(text, Number(text))
}

/** The rules for a program with fixed sizes: only texture sizes and ends of loops are uniforms. */
const fixed: readonly Rule[] = [side, trips, nonFinite]
/** The rules for a program that serves all kernels which differ only in their numbers. */
const generic: readonly Rule[] = [side, trips, literal, size]

/** The text of a body and the values of its uniforms, which are numbered rule by rule. */
const numbered = (
  body: Code,
  rules: readonly Rule[]
): { readonly text: string; readonly values: readonly number[] } => {
  const uniforms = new Uniforms()
  const names = new Map<number, string>()
  const holes = body.flatMap((piece, i) => (isHole(piece) ? [[piece, i] as const] : []))
  for (const rule of rules)
    for (const [hole, i] of holes) {
      const name = rule(hole, uniforms)
      if (name !== undefined) names.set(i, name)
    }
  const numberOf = (hole: Hole, i: number): string => names.get(i) ?? numberText(hole)
  return { text: rendered(body, numberOf, functionName), values: uniforms.values }
}

/**
 * The program with a body of these lines. Its numbers are uniforms, so that kernels which differ only in numbers share it,
 * unless `isFixed` is set or there are more numbers than the driver has uniforms.
 */
export const programOf = (lines: readonly Code[], isFixed: boolean, limits: UniformLimits): KernelSource => {
  const body = joined(lines, '\n')
  const many = isFixed ? undefined : numbered(body, generic)
  const { text, values } = many && many.values.length <= limits.most ? many : numbered(body, fixed)
  // varyings are interpolated, which does not work for numbers that are not finite
  const vectors = Math.ceil(values.length / 4)
  const varyings = values.every(Number.isFinite) ? Math.min(vectors, limits.varyings) : 0
  const functions = functionsOf(callsIn(body))
  const parts = [
    ...functions,
    ...declarations(vectors, varyings),
    'vec4 body() {',
    ...loads(vectors, varyings),
    text,
    '}'
  ]
  return { text: parts.join('\n'), uniforms: values, varyings }
}

const countTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)

const declarations = (vectors: number, varyings: number): readonly string[] => [
  ...countTo(varyings).map((i) => `varying vec4 number${i};`),
  ...(vectors > varyings ? [`uniform vec4 numbers[${vectors}];`] : [])
]

/** Loads uniforms once, before all loops: inside a loop, a driver would load them in each turn. */
const loads = (vectors: number, varyings: number): readonly string[] =>
  countTo(vectors).map((i) => `  vec4 n${i} = ${i < varyings ? `number${i}` : `numbers[${i}]`};`)

/** The declarations and first statements of a vertex shader that hand a program its varyings. */
export const varyingsOf = ({
  uniforms,
  varyings = 0
}: Pick<KernelSource, 'uniforms' | 'varyings'>): { readonly declarations: string; readonly statements: string } => {
  const names = countTo(varyings).map((i) => `number${i}`)
  const declared = [
    `uniform vec4 numbers[${Math.ceil(uniforms.length / 4)}];`,
    ...names.map((n) => `varying vec4 ${n};`)
  ]
  return {
    declarations: varyings > 0 ? declared.join('\n') : '',
    statements: names.map((name, i) => `${name} = numbers[${i}];`).join('\n')
  }
}
