import { freshVar, keyOf, variable, type Affine, type Var } from '../../core/affine.ts'
import type { Tensor } from '../../core/tensor.ts'
import { guarded, loadsOf, mapLoads, type Expr, type ReductionExpr, type Kernel } from './ir.ts'
import { inOneLoop } from './merge-loops.ts'

/** A sum of sums is one sum. */
const reduced = (op: ReductionExpr['op'], vars: readonly Var[], body: Expr): Expr => {
  const [guards, inner] = body.kind === 'guard' ? [body.guards, body.body] : [[], body]
  return op.adds && inner.kind === 'reduction' && inner.op === op
    ? { kind: 'reduction', op, vars: [...vars, ...inner.vars], body: guarded(guards, inner.body) }
    : { kind: 'reduction', op, vars, body }
}

/** The tile of a node whose buffer a tiled kernel writes as slices. */
export type Tiles = (x: Tensor) => readonly number[] | undefined
const untiled: Tiles = () => undefined

/**
 * The kernel that computes `roots`, which have one shape, from the buffers that `isBuffer` selects: movements become
 * index arithmetic. A root that is stored as slices already is read from them. `wanted` are the roots to give back.
 */
export const lower = (
  roots: readonly Tensor[],
  isBuffer: (x: Tensor) => boolean,
  tilesOf: Tiles = untiled,
  wanted = roots
): Kernel => tiled(withoutUnread(inOneLoop(new Lowering(roots, isBuffer, tilesOf).kernel(wanted))), tilesOf)

class Lowering {
  readonly #out: readonly Var[]
  readonly #own: readonly Affine[]
  /** The roots that this kernel computes, at the output's own index. */
  readonly #computed: ReadonlySet<Tensor>
  readonly #inputs: Tensor[] = []
  readonly #known = new Map<Tensor, Map<string, Expr>>()
  readonly #ownKey: string
  constructor(
    readonly roots: readonly Tensor[],
    readonly isBuffer: (x: Tensor) => boolean,
    tilesOf: Tiles
  ) {
    // an output axis of size 1 is the constant 0 in every index
    this.#out = roots[0]!.shape.map((d) => freshVar(d))
    this.#own = this.#out.map(variable)
    this.#ownKey = indexKey(this.#own)
    this.#computed = new Set(roots.filter((x) => !tilesOf(x)))
  }

  kernel(wanted: readonly Tensor[]): Kernel {
    const bodies = wanted.map((x) => this.#at(x, this.#own))
    return { shape: this.roots[0]!.shape, out: this.#out, bodies, inputs: this.#inputs }
  }

  /** The element of a node at an index: one expression for each index. */
  #at(x: Tensor, index: readonly Affine[]): Expr {
    const seen = this.#known.get(x) ?? new Map<string, Expr>()
    this.#known.set(x, seen)
    const key = indexKey(index)
    const here = this.#computed.has(x) && key === this.#ownKey
    const expr = seen.get(key) ?? (!here && this.isBuffer(x) ? this.#load(x, index) : this.#compute(x, index))
    seen.set(key, expr)
    return expr
  }

  #slotOf(x: Tensor): number {
    return this.#inputs.includes(x) ? this.#inputs.indexOf(x) : this.#inputs.push(x) - 1
  }

  #load(x: Tensor, index: readonly Affine[]): Expr {
    return { kind: 'load', slot: this.#slotOf(x), shape: x.shape, index }
  }

  #compute(x: Tensor, index: readonly Affine[]): Expr {
    const { kernel } = x.row
    switch (kernel.kind) {
      case 'pointwise':
        if (x.row.marks) return this.#at(x.inputs[0]!, index)
        return { kind: 'apply', row: x.row, args: x.inputs.map((input) => this.#at(input, index)) }
      case 'access': {
        const access = kernel.at(x.attrs, x.inputs[0]!.shape, index)
        const body = guarded(access.guards ?? [], this.#at(x.inputs[0]!, access.index))
        return kernel.reduces ? reduced(kernel.reduces, access.over ?? [], body) : body
      }
      case 'gather': {
        const [table, rows] = x.inputs as readonly [Tensor, Tensor]
        const row = this.#at(rows, [index[0]!])
        return { kind: 'gather', slot: this.#slotOf(table), shape: table.shape, row, rest: index.slice(1) }
      }
      case 'iota':
        return { kind: 'index', at: index[(x.attrs as { readonly axis: number }).axis]! }
      case 'constant':
        return { kind: 'constant', value: (x.attrs as { readonly value: number }).value }
      case 'buffer':
        return this.#load(x, index)
    }
  }
}

const indexKey = (index: readonly Affine[]): string => index.map(keyOf).join(',')

const tiled = (kernel: Kernel, tilesOf: Tiles): Kernel => {
  const tiles = kernel.inputs.map(tilesOf)
  return tiles.some((tile) => tile !== undefined) ? { ...kernel, tiles } : kernel
}

/** Drops the buffers that no load reads: guards may have removed all of them. */
const withoutUnread = (kernel: Kernel): Kernel => {
  const read = new Set([...loadsOf(kernel.bodies)].map((load) => load.slot))
  const kept = kernel.inputs.map((_, slot) => slot).filter((slot) => read.has(slot))
  if (kept.length === kernel.inputs.length) return kernel
  const moved = mapLoads(kernel, (load) => ({ ...load, slot: kept.indexOf(load.slot) }))
  return { ...moved, inputs: kept.map((slot) => kernel.inputs[slot]!) }
}
