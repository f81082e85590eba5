import { graphKey } from '../compile/kernel/key.ts'
import { compile, type Plan, type Target } from '../compile/index.ts'
import { Recent } from '../base/recent.ts'
import type { Tensor } from '../core/tensor.ts'

/** A plan without the leaves of its graph, whose memory it must not keep alive. */
interface CachedPlan extends Omit<Plan, 'leaves'> {
  /** The position of each among the graph's leaves; or the leaf itself if the compiler added it (infinities are data). */
  readonly leaves: readonly (readonly [buffer: number, leaf: number | Tensor])[]
}

/** How many plans are kept; beyond that the least recently used one is dropped. */
const most = 256

/** The plans of a device. Graphs that differ only in their leaves share one. */
export class Plans {
  readonly #known = new Recent<CachedPlan>(most)
  constructor(readonly target: Target) {}

  of(outputs: readonly Tensor[]): Plan {
    const { key, leaves } = graphKey(outputs)
    const known = this.#known.of(key, () => withoutLeaves(compile(outputs, this.target), leaves))
    return { ...known, leaves: known.leaves.map(([buffer, i]) => [buffer, typeof i === 'number' ? leaves[i]! : i]) }
  }

  get size(): number {
    return this.#known.size
  }

  clear(): void {
    this.#known.clear()
  }
}

const withoutLeaves = (made: Plan, leaves: readonly Tensor[]): CachedPlan => {
  const places = new Map(leaves.map((leaf, i) => [leaf, i]))
  return { ...made, leaves: made.leaves.map(([buffer, leaf]) => [buffer, places.get(leaf) ?? leaf]) }
}
