import { graphKey } from '../compile/kernel/key.ts'
import { compile, type Plan, type Target } from '../compile/index.ts'
import { Recent } from '../base/recent.ts'
import type { Tensor } from '../core/tensor.ts'

/** A plan apart from the leaves of the graph it was made of: it must not keep their memory alive. */
interface Known extends Omit<Plan, 'leaves'> {
  /** The place of each among the graph's leaves, or the planner's own: infinities are data. */
  readonly leaves: readonly (readonly [buffer: number, leaf: number | Tensor])[]
}

/** Plans kept for graphs that come again; beyond this many the one used longest ago goes. */
const most = 256

/** The plans of a device, each made once for all graphs that differ in their leaves alone. */
export class Plans {
  readonly #known = new Recent<Known>(most)
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

const withoutLeaves = (made: Plan, leaves: readonly Tensor[]): Known => {
  const places = new Map(leaves.map((leaf, i) => [leaf, i]))
  return { ...made, leaves: made.leaves.map(([buffer, leaf]) => [buffer, places.get(leaf) ?? leaf]) }
}
