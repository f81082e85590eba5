import type { Affine, Var } from '../../core/affine.ts'

/** A number as a float literal of GLSL (and of JavaScript). */
export const literal = (n: number): string => {
  const finite = Math.max(-3.4028234e38, Math.min(3.4028234e38, n))
  const shown = Object.is(finite, -0) ? '-0.0' : String(finite)
  const float = /[.e]/.test(shown) ? shown : `${shown}.0`
  return finite < 0 || Object.is(finite, -0) ? `(${float})` : float
}

/**
 * Lines of one block of a kernel. Each expression is named by its text and written once: a load used
 * twice is fetched once, which alone finds the sliding window of a convolution.
 */
export class Block {
  readonly lines: string[] = []
  readonly #names = new Map<string, string>()
  constructor(
    readonly counter: { next: number },
    readonly parent?: Block,
    /** How a line declares a name: by its type, or the same for all. */
    readonly declare?: string
  ) {}

  #find(key: string): string | undefined {
    return this.#names.get(key) ?? (this.parent ? this.parent.#find(key) : undefined)
  }

  /** The name of an expression. */
  let(type: string, text: string): string {
    if (/^[\w.]+$/.test(text)) return text
    const key = `${type} ${text}`
    const known = this.#find(key)
    if (known) return known
    const name = `${type.charAt(0)}${this.counter.next++}`
    this.#names.set(key, name)
    this.lines.push(`${this.declare ?? type} ${name} = ${text};`)
    return name
  }

  add(line: string): void {
    this.lines.push(line)
  }
}

/** Text of an affine expression over named variables, its constant part apart so that neighbours share the rest. */
export const affineText = (a: Affine, name: (v: Var) => string, block: Block, type: string): string => {
  const terms = a.terms.map(([v, k]) => (k === 1 ? name(v) : `${literal(k)} * ${name(v)}`))
  if (terms.length === 0) return literal(a.c)
  const sum = terms.length === 1 && !terms[0]!.includes(' ') ? terms[0]! : block.let(type, terms.join(' + '))
  return a.c === 0 ? sum : `(${sum} + ${literal(a.c)})`
}

/** Text of an affine expression over variables named as integers. */
export const integerText = ({ c, terms }: Affine, name: (v: Var) => string): string =>
  [...terms.map(([v, k]) => (k === 1 ? name(v) : `${whole(k)} * ${name(v)}`)), ...(c === 0 ? [] : [whole(c)])].join(
    ' + '
  ) || '0'
const whole = (n: number): string => (n < 0 ? `(${n})` : String(n))
