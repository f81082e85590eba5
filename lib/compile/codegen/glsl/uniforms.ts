import { callsIn, floatText, isHole, joined, rendered, type Code, type Hole } from '../code.ts'
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

/** The uniforms of a program, in the order in which it names them. */
class Uniforms {
  readonly values: number[] = []
  readonly #known = new Map<string, string>()

  add(n: number): string {
    const at = this.values.push(n) - 1
    return `n${at >> 2}.${'xyzw'[at & 3]!}`
  }

  /** The one for all that share a key. */
  shared(key: string, n: number): string {
    const name = this.#known.get(key) ?? this.add(n)
    this.#known.set(key, name)
    return name
  }
}

/** Makes uniforms of the holes of one kind. */
type Rule = (hole: Hole, uniforms: Uniforms) => string | undefined

const side: Rule = (hole, uniforms) =>
  hole.kind === 'side' ? uniforms.shared(`${hole.slot}${hole.side}`, 1 / hole.texels) : undefined
/** A loop must have a fixed end in WebGL 1, so a uniform breaks it off. */
const trips: Rule = (hole, uniforms) => (hole.kind === 'trips' ? uniforms.add(hole.value) : undefined)
const size: Rule = (hole, uniforms) => (hole.kind === 'size' ? uniforms.add(hole.value) : undefined)
/** GLSL has no literal for what is not finite. */
const nonFinite: Rule = (hole, uniforms) =>
  hole.kind === 'size' && !Number.isFinite(hole.value) ? uniforms.shared(String(hole.value), hole.value) : undefined
const literal: Rule = (hole, uniforms) => {
  if (hole.kind !== 'literal' || hole.value < 0 || structural.has(hole.value)) return undefined
  const text = floatText(hole.value)
  return uniforms.shared(text, Number(text))
}

/** The rules of a program that only kernels of its own sizes run: only texture sizes and ends of loops are uniforms. */
const fixed: readonly Rule[] = [side, trips, nonFinite]
/** Those of a program for all kernels that differ only in their numbers. */
const generic: readonly Rule[] = [side, trips, literal, size]

/** The text of a body, and its uniforms: numbered rule by rule. */
const numbered = (
  body: Code,
  rules: readonly Rule[]
): { readonly text: string; readonly values: readonly number[] } => {
  const uniforms = new Uniforms()
  const names = new Map<number, string>()
  for (const rule of rules)
    body.forEach((piece, i) => {
      const name = isHole(piece) ? rule(piece, uniforms) : undefined
      if (name !== undefined) names.set(i, name)
    })
  const numberOf = (hole: Hole, i: number): string =>
    names.get(i) ?? floatText(hole.kind === 'side' ? 1 / hole.texels : hole.value)
  return { text: rendered(body, numberOf, functionName), values: uniforms.values }
}

/**
 * The program of a kernel whose body is these lines. Kernels that differ only in their numbers are one program if these
 * are uniforms: as far as there is room, and not with `fixed`.
 */
export const programOf = (lines: readonly Code[], isFixed: boolean, limits: UniformLimits): KernelSource => {
  const body = joined(lines, '\n')
  const many = isFixed ? undefined : numbered(body, generic)
  const { text, values } = many && many.values.length <= limits.most ? many : numbered(body, fixed)
  // a varying is a plane to interpolate on, and what is not finite is none
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

/** Once and before all loops: a driver loads at each turn what is named inside of one. */
const loads = (vectors: number, varyings: number): readonly string[] =>
  countTo(vectors).map((i) => `  vec4 n${i} = ${i < varyings ? `number${i}` : `numbers[${i}]`};`)

/** What a vertex shader declares, and what it does first, to hand a program its varyings. */
export const handedOn = ({
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
