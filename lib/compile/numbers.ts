import { literal } from './text.ts'

/** A program, and the numbers it is run with. */
export interface Source {
  readonly text: string
  readonly numbers: readonly number[]
}

/** Numbers that say how a kernel works rather than what its shapes are. */
const structural: ReadonlySet<string> = new Set(['0.0', '0.5', '1.0'])

/** A number that is a uniform of its own wherever it stands, whatever its value. */
export const given = (n: number): string => `#${String(n)}#`
const marked = /#(-?(?:[\d.e+-]+|Infinity))#/g
const counted = /for \(float (\w+) = 0\.0; \w+ < ([\d.]+); \w+ \+= 1\.0\) \{/g
const float = /(?<![\w.#-])\d+(?:\.\d+(?:e[-+]?\d+)?|e[-+]?\d+)(?![\w.#])/g

/** The body with all its numbers in place. */
export const fixed = (body: string): Source => ({
  text: body.replace(marked, (_, n: string) => literal(Number(n))),
  numbers: []
})

/**
 * Kernels that differ only in their numbers are one program: here those become uniforms, `most` of them at most. A loop
 * must have a fixed end in WebGL 1, so that its own number breaks it off.
 */
export const generic = (body: string, most: number): Source => {
  const numbers: number[] = []
  const known = new Map<string, string>()
  const uniform = (n: number): string => `numbers[${(numbers.push(n) - 1) >> 2}].${'xyzw'[(numbers.length - 1) & 3]!}`
  const shared = (text: string): string => {
    if (structural.has(text)) return text
    const name = known.get(text) ?? uniform(Number(text))
    known.set(text, name)
    return name
  }
  const text = body
    .replace(
      counted,
      (_, i: string, trips: string) =>
        `for (float ${i} = 0.0; ${i} < LONGEST; ${i} += 1.0) {\n  if (${i} >= #${trips}#) break;`
    )
    .replace(float, shared)
    .replace(marked, (_, n: string) => uniform(Number(n)))
    .replaceAll('LONGEST', '65536.0')
  if (numbers.length > most) return fixed(body)
  const declared = numbers.length > 0 ? `uniform vec4 numbers[${Math.ceil(numbers.length / 4)}];\n` : ''
  return { text: declared + text, numbers }
}
