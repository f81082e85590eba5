import { literal } from './block.ts'

/** A program, and the numbers it is run with. */
export interface KernelSource {
  readonly text: string
  readonly numbers: readonly number[]
  /** Functions that the text calls, where the language has them apart. */
  readonly functions?: readonly string[]
}

/** Numbers that say how a kernel works rather than what its shapes are. */
const structural: ReadonlySet<string> = new Set(['0.0', '0.5', '1.0'])

/** A number that is a uniform of its own wherever it stands, whatever its value. */
export const given = (n: number): string => `#${String(n)}#`
const marked = /#(-?(?:[\d.e+-]+|Infinity|NaN))#/g
/**
 * What takes texels to the unit square along a side of a texture: a uniform in all programs, for textures differ in size
 * more often than what is done with them.
 */
export const perSide = (slot: number, side: 'x' | 'y', texels: number): string => `@${slot}${side} ${1 / texels}@`
const sides = /@(\w+) ([\d.e+-]+)@/g
/** The beginning of a loop that is broken off from within. */
export const endless = (i: string): string => `for (float ${i} = 0.0; ${i} < LONGEST; ${i} += 1.0) {`
const counted = /for \(float (\w+) = 0\.0; \w+ < ([\d.]+); \w+ \+= 1\.0\) \{/g
const float = /(?<![\w.#-])\d+(?:\.\d+(?:e[-+]?\d+)?|e[-+]?\d+)(?![\w.#])/g

/** How a body begins. */
const start = 'vec4 body() {'

/** What of a driver decides how a program gets its numbers. */
export interface UniformLimits {
  /** So many at most. */
  readonly most: number
  /**
   * So many vectors of four of them come from the vertex shader, as varyings that are the same at all corners: llvmpipe
   * gathers a uniform anew for each pixel, a hundred instructions for four of them, and has such a varying for five.
   */
  readonly varyings: number
}

/** Uniforms of a program as they are named for the first time. */
class Uniforms {
  readonly numbers: number[] = []
  readonly #known = new Map<string, string>()

  add(n: number): string {
    const at = this.numbers.push(n) - 1
    return `n${at >> 2}.${'xyzw'[at & 3]!}`
  }

  /** The one for all that share a key. */
  shared(key: string, n: number): string {
    const name = this.#known.get(key) ?? this.add(n)
    this.#known.set(key, name)
    return name
  }

  source(body: string, { varyings }: UniformLimits): KernelSource {
    const { numbers } = this
    // what is not finite is no plane to interpolate on
    const first = numbers.every(Number.isFinite) ? varyings : 0
    const fours = Array.from({ length: Math.ceil(numbers.length / 4) }, (_, i) => i)
    if (fours.length === 0) return { text: body, numbers }
    // once and before all loops: what is named inside of one, a driver loads at each turn
    const loaded = fours.map((i) => `  vec4 n${i} = ${i < first ? `number${i}` : `numbers[${i}]`};`).join('\n')
    const declared = [
      ...fours.slice(0, first).map((i) => `varying vec4 number${i};`),
      ...(fours.length > first ? [`uniform vec4 numbers[${fours.length}];`] : [])
    ]
    return { text: [...declared, body.replace(start, `${start}\n${loaded}`)].join('\n'), numbers }
  }
}

const declaration = /^varying vec4 (number\d+);$/gm

/** What a vertex shader declares, and what it does first, to hand a program of this text its numbers. */
export const handedOn = (text: string): { readonly declarations: string; readonly statements: string } => {
  const names = [...text.matchAll(declaration)].map(([, name]) => name!)
  const count = /^uniform vec4 numbers\[(\d+)\];$/m.exec(text)?.[1] ?? names.length
  const declared = [`uniform vec4 numbers[${count}];`, ...names.map((name) => `varying vec4 ${name};`)]
  return {
    declarations: names.length > 0 ? declared.join('\n') : '',
    statements: names.map((name, i) => `${name} = numbers[${i}];`).join('\n')
  }
}

const withSides = (body: string, uniforms: Uniforms): string =>
  body.replace(sides, (_, side: string, n: string) => uniforms.shared(side, Number(n)))

/** A loop must have a fixed end in WebGL 1, so that its own number breaks it off. */
const withEnds = (body: string, uniforms: Uniforms): string =>
  body.replace(
    counted,
    (_, i: string, trips: string) => `${endless(i)}\n  if (${i} >= ${uniforms.add(Number(trips))}) break;`
  )
const finished = (body: string, uniforms: Uniforms, how: UniformLimits): KernelSource =>
  uniforms.source(body.replaceAll('LONGEST', '65536.0'), how)

/** The body with all its numbers in place but for the sizes of textures and the ends of loops. */
export const fixed = (body: string, how: UniformLimits): KernelSource => {
  const uniforms = new Uniforms()
  const text = withEnds(withSides(body, uniforms), uniforms)
  // GLSL has no word for what is not finite
  const placed = (_: string, n: string): string =>
    Number.isFinite(Number(n)) ? literal(Number(n)) : uniforms.shared(n, Number(n))
  return finished(text.replace(marked, placed), uniforms, how)
}

/** Kernels that differ only in their numbers are one program: here those become uniforms, as far as there is room. */
export const generic = (body: string, how: UniformLimits): KernelSource => {
  const uniforms = new Uniforms()
  const text = withEnds(withSides(body, uniforms), uniforms)
    .replace(float, (n) => (structural.has(n) ? n : uniforms.shared(n, Number(n))))
    .replace(marked, (_, n: string) => uniforms.add(Number(n)))
  return uniforms.numbers.length > how.most ? fixed(body, how) : finished(text, uniforms, how)
}
