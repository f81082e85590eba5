/** A program, and the numbers it is run with. */
export interface Source {
  readonly text: string
  readonly numbers: readonly number[]
}

/** A body with more numbers than this keeps them: it is large, and meant for one shape. */
const most = 96

/** Numbers that say how a kernel works rather than what its shapes are. */
const structural: ReadonlySet<string> = new Set(['0.0', '0.5', '1.0'])

/**
 * Kernels that differ only in their numbers are one program: here those become uniforms. A loop must have a fixed end
 * in WebGL 1, so that its own number breaks it off.
 */
export const generic = (body: string): Source => {
  const numbers: number[] = []
  const known = new Map<string, string>()
  const uniform = (literal: string): string => {
    const name = known.get(literal) ?? `numbers[${numbers.length >> 2}].${'xyzw'[numbers.length & 3]}`
    if (!known.has(literal)) numbers.push(Number(literal))
    known.set(literal, name)
    return name
  }
  const loops = body.replace(
    /for \(float (\w+) = 0\.0; \w+ < ([\d.]+); \w+ \+= 1\.0\) \{/g,
    (_, name: string, trips: string) =>
      `for (float ${name} = 0.0; ${name} < LONGEST; ${name} += 1.0) {\n  if (${name} >= ${trips}) break;`
  )
  const text = loops.replace(/(?<![\w.])\d+(?:\.\d+)?(?:e[-+]?\d+)?(?![\w.])/g, (literal) =>
    structural.has(literal) || !/[.e]/.test(literal) ? literal : uniform(literal)
  )
  if (numbers.length > most) return { text: body, numbers: [] }
  const declared = numbers.length > 0 ? `uniform vec4 numbers[${Math.ceil(numbers.length / 4)}];\n` : ''
  return { text: declared + text.replaceAll('LONGEST', '65536.0'), numbers }
}
