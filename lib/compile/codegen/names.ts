import { variable, type Affine, type Var } from '../../core/affine.ts'
import { raise } from '../../base/raise.ts'
import { checkCounted, dividesInFloats, fitsFloats } from '../kernel/exact.ts'
import { affineCode, integerCode, type Block } from './block.ts'
import { code, type Code } from './code.ts'
import type { Language } from './language.ts'

/** A name, or a function that writes it down on first use. */
type LazyName = Code | (() => Code)

/** The names of a kernel's variables. Quotients and remainders are computed on first use. */
export class Names {
  readonly #known = new Map<Var, LazyName>()
  /** The names of variables that are integers, not floats. */
  readonly #integers = new Map<Var, LazyName>()
  /** Writes the dividends of quotients and remainders; if undefined, they are written like any index. */
  dividend: ((of: Affine, block: Block) => Code) | undefined
  constructor(
    readonly language: Pick<Language, 'divided' | 'hasIntegers'>,
    /** The largest integer that the device has. */
    readonly most: number
  ) {}

  /** Names a variable that floats hold. */
  set(v: Var, name: LazyName): void {
    this.#known.set(v, name)
  }

  /** Names a variable that is an integer because floats cannot hold it or what it was computed from. */
  setInteger(v: Var, name: LazyName): void {
    this.#integers.set(v, name)
  }

  /** An index as a float; an error if floats cannot hold it. */
  number(a: Affine, block: Block): Code {
    if (!this.language.hasIntegers) checkCounted(a, this.most)
    else if (!fitsFloats(a)) raise('compile', 'an index that floats cannot hold was asked for as a float')
    return affineCode(a, (v) => this.#name(v, block), block)
  }

  /** An index as an integer; an error if the device's integers cannot hold it. */
  integer(a: Affine, block: Block): Code {
    checkCounted(a, this.most)
    return block.let(
      'int',
      integerCode(a, (v) => this.#integer(v, block))
    )
  }

  #name(v: Var, block: Block): Code {
    const known = resolved(this.#known, v)
    if (known !== undefined) return known
    if (this.#isInteger(v)) return block.let('float', code`float(${this.#integer(v, block)})`)
    const { kind, of, by } = v.def ?? unnamed(v)
    const dividend = this.dividend?.(of, block) ?? this.number(of, block)
    const [quotient, remainder] = this.language.divided(dividend, by, of, block)
    return kind === 'div' ? quotient : block.let('float', remainder)
  }

  #isInteger(v: Var): boolean {
    if (!this.language.hasIntegers) return false
    return this.#integers.has(v) || (v.def !== undefined && !dividesInFloats(v.def.of))
  }

  #integer(v: Var, block: Block): Code {
    const known = resolved(this.#integers, v)
    if (known !== undefined) return known
    if (!this.#isInteger(v)) return block.let('int', code`int(${this.number(variable(v), block)})`)
    const { kind, of, by } = v.def ?? unnamed(v)
    const dividend = this.integer(of, block)
    const quotient = block.let('int', code`${dividend} / ${String(by)}`)
    return kind === 'div' ? quotient : block.let('int', code`${dividend} - ${String(by)} * ${quotient}`)
  }
}

const unnamed = (v: Var): never => raise('compile', `a variable of ${v.extent} has no value here`)

const resolved = (names: Map<Var, LazyName>, v: Var): Code | undefined => {
  const known = names.get(v)
  if (typeof known !== 'function') return known
  const name = known()
  names.set(v, name)
  return name
}
