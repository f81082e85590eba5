import type { Reducing } from '../../core/reductions.ts'
import { sizeOf } from '../../core/shape.ts'
import { topological, type Tensor } from '../../core/tensor.ts'
import type { Costs } from '../kernel/costs.ts'
import { fragments } from '../kernel/slices.ts'
import {
  kernelMaxDepth,
  kernelMaxWork,
  loopMaxTerms,
  repeatedMaxInputs,
  repeatedMaxWork
} from '../kernel/heuristics.ts'

/**
 * The limits of kernels. Nodes without a buffer are computed by each kernel that uses them, so the question is whether
 * that costs more than a buffer.
 */
export interface FusionLimits {
  /** Textures that one kernel may read. */
  readonly inputs: number
  readonly costs: Costs
}

/** What each reader of a node has to do if the node is not stored. */
interface Recomputed {
  readonly work: number
  readonly inputs: ReadonlySet<Tensor>
  /** A reduction behind movements only; 'used' if its result goes into a function. */
  readonly reduction: 'none' | Reducing | 'used'
  readonly depth: number
  /** How many terms its reduction has. */
  readonly terms: number
}
const nothing: Recomputed = { work: 0, inputs: new Set(), reduction: 'none', depth: 0, terms: 1 }
const read = (buffer: Tensor): Recomputed => ({ ...nothing, inputs: new Set([buffer]) })

/** Whether a node only moves elements. */
export const isMovement = (x: Tensor): boolean => x.row.kernel.kind === 'access' && reductionOf(x) === undefined
/** The reduction that a node is, if it is one. */
export const reductionOf = ({ row: { kernel } }: Tensor): Reducing | undefined =>
  kernel.kind === 'access' ? kernel.reduces : undefined
/** Whether a node selects one of its elements: its gradient must see the very same numbers. */
export const selects = (x: Tensor): boolean => {
  const op = reductionOf(x)
  return op?.selects === true
}
/** Work per element, in multiplications. */
export const workOf = (x: Tensor): number => {
  const { kernel } = x.row
  return kernel.kind === 'pointwise' ? (kernel.cost ?? 1) : kernel.kind === 'gather' ? 1 : 0
}
const termsOf = (x: Tensor): number =>
  reductionOf(x) === undefined ? 1 : Math.max(1, Math.ceil(sizeOf(x.inputs[0]!.shape) / sizeOf(x.shape)))
/** Whether a node comes from outside the graph. */
export const isLeaf = (x: Tensor): boolean => x.row.kernel.kind === 'buffer'

const fills = ({ row: { kernel } }: Tensor): boolean => kernel.kind === 'access' && kernel.fills === true

/** Whether a node reads elements of its input several times: its output is larger than its input. */
export const repeats = (x: Tensor): boolean =>
  x.row.kernel.kind === 'gather' || (isMovement(x) && !fills(x) && sizeOf(x.shape) > sizeOf(x.inputs[0]!.shape))

/** The nodes that become buffers, decided node by node. */
export const materialise = (outputs: readonly Tensor[], limits: FusionLimits): ReadonlySet<Tensor> =>
  new Materialiser(limits).run(outputs)

class Materialiser {
  readonly #stored = new Set<Tensor>()
  readonly #recomputed = new Map<Tensor, Recomputed>()
  readonly #uses = new Map<Tensor, number>()
  constructor(readonly limits: FusionLimits) {}

  run(outputs: readonly Tensor[]): ReadonlySet<Tensor> {
    const order = topological(outputs)
    for (const x of order)
      for (const input of new Set(x.inputs)) this.#uses.set(input, (this.#uses.get(input) ?? 0) + 1)
    for (const x of order) {
      if (isLeaf(x)) this.#stored.add(x)
      else this.#visit(x)
      if (x.row.marks === 'barrier') this.#stored.add(x)
    }
    for (const x of outputs) this.#stored.add(x)
    return this.#stored
  }

  #of(x: Tensor): Recomputed {
    return this.#stored.has(x) ? read(x) : (this.#recomputed.get(x) ?? nothing)
  }

  /**
   * Stores a node or, if it is a movement, a node below it: movements are free for readers. Of a chain of movements that
   * only this node uses, it stores the node with the fewest texels: a slice rather than the whole.
   */
  #store(x: Tensor): void {
    const chain = [x]
    while (isMovement(chain[0]!) && !this.#stored.has(chain[0]!)) chain.unshift(chain[0]!.inputs[0]!)
    const base = chain[0]!
    if (this.#stored.has(base) || base.row.kernel.kind === 'constant' || base.row.kernel.kind === 'iota') return
    const shared = chain.findIndex((at) => (this.#uses.get(at) ?? 0) > 1)
    const free = shared < 0 ? chain : chain.slice(0, shared + 1)
    const at = free.reduce((best, y) => (fragments(y.shape) < fragments(best.shape) ? y : best))
    this.#stored.add(at)
    for (const above of chain.slice(chain.indexOf(at) + 1)) this.#recomputed.set(above, read(at))
  }

  #visit(x: Tensor): void {
    for (const input of x.inputs) if (this.#wants(x, input)) this.#store(input)
    if (x.row.kernel.kind === 'gather') this.#storeWhole(x.inputs[0]!)
    this.#oneReduction(x)
    this.#fewInputs(x)
    const merged = this.#merged(x)
    const isDeep = merged.depth > kernelMaxDepth
    if (isDeep) x.inputs.forEach((input) => this.#stored.add(input))
    this.#recomputed.set(x, isDeep ? this.#merged(x) : merged)
  }

  /** A gather reads its table at any row, so the table must be a buffer. */
  #storeWhole(x: Tensor): void {
    this.#stored.add(x)
  }

  #wants(x: Tensor, input: Tensor): boolean {
    const { work, inputs, reduction, terms } = this.#of(input)
    if (this.#stored.has(input)) return false
    const shared = (this.#uses.get(input) ?? 0) > 1
    if (shared && (work > repeatedMaxWork || inputs.size > repeatedMaxInputs || reduction !== 'none')) return true
    // the gradient of a maximum compares with the largest element, so it must see the very same numbers
    if (shared && work > 0 && selects(x)) return true
    if (repeats(x) && (work > 0 || reduction !== 'none') && inputs.size > 0) return true
    const kind = reductionOf(x)
    const oneSum = kind !== undefined && kind.adds && reduction === kind && terms * termsOf(x) <= loopMaxTerms
    return kind !== undefined && reduction !== 'none' && !oneSum
  }

  /** One reduction loop per kernel: two loops would run one after the other in every fragment. */
  #oneReduction(x: Tensor): void {
    const reducing = [...new Set(x.inputs)].filter((input) => this.#of(input).reduction !== 'none')
    if (reducing.length > 1) reducing.slice(1).forEach((input) => this.#store(input))
  }

  #fewInputs(x: Tensor): void {
    for (let next = this.#largest(x); next && this.#isMuch(x); next = this.#largest(x)) this.#store(next)
  }

  /** The input that is not stored and reads the most buffers or does the most work. */
  #largest(x: Tensor): Tensor | undefined {
    return [...new Set(x.inputs)]
      .filter((input) => !this.#stored.has(input) && this.#of(input).work > 0)
      .sort((a, b) => this.#of(b).inputs.size - this.#of(a).inputs.size || this.#of(b).work - this.#of(a).work)[0]
  }

  #isMuch(x: Tensor): boolean {
    const { inputs, work } = this.#merged(x)
    return inputs.size > this.limits.inputs || work > kernelMaxWork
  }

  #merged(x: Tensor): Recomputed {
    const parts = [...new Set(x.inputs)].map((input) => this.#of(input))
    const below = parts.find((p) => p.reduction !== 'none')?.reduction ?? 'none'
    const pointwise = x.row.kernel.kind === 'pointwise' || x.row.kernel.kind === 'gather'
    return {
      work: parts.reduce((sum, p) => sum + p.work, 0) + workOf(x),
      inputs: new Set(parts.flatMap((p) => [...p.inputs])),
      reduction: reductionOf(x) ?? (below !== 'none' && pointwise ? 'used' : below),
      depth: 1 + Math.max(0, ...parts.map((p) => p.depth)),
      terms: Math.max(1, ...parts.map((p) => p.terms)) * termsOf(x)
    }
  }
}
