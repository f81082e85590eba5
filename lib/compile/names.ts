import type { Affine, Var } from '../core/affine.ts'
import { raise } from '../core/raise.ts'
import { given } from './numbers.ts'
import { affineText, type Block } from './text.ts'

/** The names of a kernel's variables; quotients and remainders are computed where they are first needed. */
export class Names {
  readonly #known = new Map<Var, string | (() => string)>()
  /** How what quotients and remainders are taken of is written, where not like any other index. */
  divided: ((of: Affine, block: Block) => string) | undefined

  /** A name, or what writes it down when it is first needed. */
  set(v: Var, name: string | (() => string)): void {
    this.#known.set(v, name)
  }

  /** An index as text. */
  number(a: Affine, block: Block): string {
    return affineText(a, (v) => this.#name(v, block), block, 'float')
  }

  #name(v: Var, block: Block): string {
    const known = this.#known.get(v)
    if (typeof known === 'string') return known
    if (known) {
      const name = known()
      this.#known.set(v, name)
      return name
    }
    if (!v.def) return raise('compile', `a variable of ${v.extent} has no value here`)
    const of = this.divided?.(v.def.of, block) ?? this.number(v.def.of, block)
    const quotient = block.let('float', `floor((${of} + 0.5) * ${given(1 / v.def.by)})`)
    return v.def.kind === 'div' ? quotient : block.let('float', `${of} - ${given(v.def.by)} * ${quotient}`)
  }
}
