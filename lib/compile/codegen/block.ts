import type { Affine, Var } from '../../core/affine.ts'
import { code, isAtom, joined, literal, named, shown, type Code } from './code.ts'

/** The types of the names in a kernel. */
export type NameType = 'bool' | 'int' | 'float' | 'vec2' | 'vec4'

/**
 * The lines of one block of a kernel. Equal expressions share a name, so a load that is used twice is fetched once: that
 * alone finds the sliding window of a convolution.
 */
export class Block {
  readonly lines: Code[] = []
  readonly #names = new Map<string, Code>()
  constructor(
    /** The next number for a name, which all blocks of a kernel share. */
    readonly counter: { next: number },
    readonly parent?: Block,
    /** The word that declares a name; if left out, the type of the name. */
    readonly declare: string | undefined = parent?.declare
  ) {}

  #find(key: string): Code | undefined {
    return this.#names.get(key) ?? (this.parent ? this.parent.#find(key) : undefined)
  }

  /** The name of an expression. */
  let(type: NameType, value: Code): Code {
    if (isAtom(value)) return value
    const key = `${type} ${shown(value)}`
    const known = this.#find(key)
    if (known) return known
    const name = named(`${type.charAt(0)}${this.counter.next++}`)
    this.#names.set(key, name)
    this.lines.push(code`${this.declare ?? type} ${name} = ${value};`)
    return name
  }

  /** A name that nothing else has. */
  fresh(prefix: string): string {
    return `${prefix}${this.counter.next++}`
  }

  add(...lines: readonly Code[]): void {
    this.lines.push(...lines)
  }
}

/** An affine expression over named variables. The constant is added last, so that neighbours share the rest. */
export const affineCode = ({ c, terms }: Affine, name: (v: Var) => Code, block: Block): Code => {
  if (terms.length === 0) return literal(c)
  const products = terms.map(([v, k]) => (k === 1 ? name(v) : code`${literal(k)} * ${name(v)}`))
  const isName = terms.length === 1 && terms[0]![1] === 1
  const sum = isName ? products[0]! : block.let('float', joined(products, ' + '))
  return c === 0 ? sum : code`(${sum} + ${literal(c)})`
}

/** An affine expression over variables named as integers. */
export const integerCode = ({ c, terms }: Affine, name: (v: Var) => Code): Code => {
  const products = terms.map(([v, k]) => (k === 1 ? name(v) : code`${whole(k)} * ${name(v)}`))
  return joined(c === 0 && terms.length > 0 ? products : [...products, whole(c)], ' + ')
}
const whole = (n: number): Code => (n < 0 ? [`(${n})`] : named(String(n)))
