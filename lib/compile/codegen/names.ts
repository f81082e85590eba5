import { variable, type Affine, type Var } from '../../core/affine.ts'
import { raise } from '../../base/raise.ts'
import { checkCounted, dividesInFloats, fitsFloats } from '../kernel/exact.ts'
import { given } from './uniforms.ts'
import { affineText, integerText, type Block } from './block.ts'

/** A name, or what writes it down when it is first needed. */
type Name = string | (() => string)

/** The names of a kernel's variables; quotients and remainders are computed where they are first needed. */
export class Names {
  readonly #known = new Map<Var, Name>()
  /** Of variables that are integers, not floats. */
  readonly #integers = new Map<Var, Name>()
  /** How what quotients and remainders are taken of is written, where not like any other index. */
  divided: ((of: Affine, block: Block) => string) | undefined
  constructor(
    /** The largest integer that the device has. */
    readonly most: number
  ) {}

  /** A name, or what writes it down when it is first needed. */
  set(v: Var, name: Name): void {
    this.#known.set(v, name)
  }

  /** The same of a variable that is an integer: floats can't hold it, or what it was computed from. */
  setInteger(v: Var, name: Name): void {
    this.#integers.set(v, name)
  }

  /** An index as text. */
  number(a: Affine, block: Block): string {
    if (fitsFloats(a)) return affineText(a, (v) => this.#name(v, block), block, 'float')
    return raise('compile', 'an index that floats do not hold is wanted as one')
  }

  /** An index as the text of an integer. */
  integer(a: Affine, block: Block): string {
    checkCounted(a, this.most)
    return block.let(
      'int',
      integerText(a, (v) => this.#integer(v, block))
    )
  }

  #name(v: Var, block: Block): string {
    const known = resolved(this.#known, v)
    if (known !== undefined) return known
    if (this.#isInteger(v)) return block.let('float', `float(${this.#integer(v, block)})`)
    const { kind, of, by } = v.def ?? unnamed(v)
    const dividend = this.divided?.(of, block) ?? this.number(of, block)
    const quotient = block.let('float', `floor((${dividend} + 0.5) * ${given(1 / by)})`)
    return kind === 'div' ? quotient : block.let('float', `${dividend} - ${given(by)} * ${quotient}`)
  }

  #isInteger(v: Var): boolean {
    return this.#integers.has(v) || (v.def !== undefined && !dividesInFloats(v.def.of))
  }

  #integer(v: Var, block: Block): string {
    const known = resolved(this.#integers, v)
    if (known !== undefined) return known
    if (!this.#isInteger(v)) return block.let('int', `int(${this.number(variable(v), block)})`)
    const { kind, of, by } = v.def ?? unnamed(v)
    const dividend = this.integer(of, block)
    const quotient = block.let('int', `${dividend} / ${by}`)
    return kind === 'div' ? quotient : block.let('int', `${dividend} - ${by} * ${quotient}`)
  }
}

const unnamed = (v: Var): never => raise('compile', `a variable of ${v.extent} has no value here`)

const resolved = (names: Map<Var, Name>, v: Var): string | undefined => {
  const known = names.get(v)
  if (typeof known !== 'function') return known
  const name = known()
  names.set(v, name)
  return name
}
