import { topological, type Tensor } from '../../core/tensor.ts'
import type { Costs } from '../kernel/costs.ts'
import { reductionOf, isLeaf, isMovement, repeats, selects, workOf, type FusionLimits } from './materialise.ts'
import { kernelMaxDepth, kernelMaxWork } from '../kernel/heuristics.ts'
import { fragments } from '../kernel/slices.ts'

/** What the kernel of a stored node does. */
interface KernelWork {
  /** The buffers that it reads, and how. */
  readonly reads: ReadonlyMap<Tensor, ReadPath>
  readonly reductions: ReadonlySet<Tensor>
  readonly work: number
  readonly depth: number
}

/** How values travel from a buffer to a result: through movements, repeated, through a reduction. */
interface ReadPath {
  readonly moved: boolean
  readonly repeated: boolean
  readonly reduced: boolean
}
const straight: ReadPath = { moved: false, repeated: false, reduced: false }

/** One path after another. */
const along = (a: ReadPath, b: ReadPath): ReadPath => ({
  moved: a.moved || b.moved,
  repeated: a.repeated || b.repeated,
  reduced: a.reduced || b.reduced
})

/** Two paths from one node: they read it at two indices, unless neither has a movement. */
const joined = (a: ReadPath | undefined, b: ReadPath): ReadPath =>
  a ? { ...along(a, b), repeated: a.repeated || b.repeated || a.moved || b.moved } : b

/** Which nodes become buffers, and the stored nodes whose kernels read each of them. */
interface Absorbed {
  readonly stored: ReadonlySet<Tensor>
  /** Without results: they have readers outside the graph. */
  readonly readers: ReadonlyMap<Tensor, ReadonlySet<Tensor>>
}

/**
 * Materialise decides node by node and stores too much. This pass looks at whole kernels, and drops a buffer if its
 * readers can compute its elements for less than it costs to write and read them.
 */
export const absorb = (outputs: readonly Tensor[], stored: ReadonlySet<Tensor>, limits: FusionLimits): Absorbed => {
  const kept = new Set(stored)
  const order = topological(outputs).filter((x) => stored.has(x))
  const wholes = new Map(order.filter((x) => !isLeaf(x)).map((x) => [x, wholeOf(x, stored)]))
  const readers = new Map<Tensor, Set<Tensor>>(order.map((x) => [x, new Set()]))
  for (const [x, { reads }] of wholes) for (const y of reads.keys()) readers.get(y)!.add(x)
  const fixed = new Set(outputs)
  for (const x of order) if (x.row.kernel.kind === 'gather') fixed.add(x.inputs[0]!)
  for (const x of order.toReversed()) {
    const whole = wholes.get(x)
    if (!whole || fixed.has(x) || x.row.marks === 'barrier') continue
    const into = [...readers.get(x)!].map((reader) => wholes.get(reader)!)
    if (into.length === 0 || !into.every((c) => fits(x, whole, c, limits)) || !pays(x, whole, into, limits.costs))
      continue
    for (const reader of readers.get(x)!) wholes.set(reader, merged(wholes.get(reader)!, x, whole))
    for (const y of whole.reads.keys()) {
      readers.get(y)!.delete(x)
      readers.get(x)!.forEach((reader) => readers.get(y)!.add(reader))
    }
    kept.delete(x)
  }
  for (const x of outputs) readers.delete(x)
  return { stored: kept, readers }
}

const wholeOf = (root: Tensor, stored: ReadonlySet<Tensor>): KernelWork => {
  const reads = new Map<Tensor, ReadPath>()
  const ways = new Map<Tensor, ReadPath>([[root, straight]])
  const depths = new Map<Tensor, number>([[root, 1]])
  const nodes = inside(root, stored)
  for (const x of nodes) {
    const below = through(x, ways.get(x)!)
    for (const y of new Set(x.inputs)) {
      if (stored.has(y)) reads.set(y, joined(reads.get(y), below))
      else {
        ways.set(y, joined(ways.get(y), below))
        depths.set(y, Math.max(depths.get(y) ?? 0, depths.get(x)! + 1))
      }
    }
  }
  return {
    reads,
    reductions: new Set(nodes.filter((x) => reductionOf(x) !== undefined)),
    work: nodes.reduce((sum, x) => sum + workOf(x), 0),
    depth: Math.max(...depths.values())
  }
}

const through = (x: Tensor, { moved, repeated, reduced }: ReadPath): ReadPath => {
  const reductions = reductionOf(x) !== undefined
  return {
    moved: moved || reductions || isMovement(x),
    repeated: repeated || repeats(x),
    reduced: reduced || reductions
  }
}

/** The nodes that a kernel computes, the result first. */
const inside = (root: Tensor, stored: ReadonlySet<Tensor>): readonly Tensor[] => {
  const order: Tensor[] = []
  const seen = new Set<Tensor>([root])
  const stack: { readonly x: Tensor; next: number }[] = [{ x: root, next: 0 }]
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const input = top.x.inputs[top.next++]
    if (!input) order.push(stack.pop()!.x)
    else if (!seen.has(input) && !stored.has(input)) {
      seen.add(input)
      stack.push({ x: input, next: 0 })
    }
  }
  return order.reverse()
}

const fits = (x: Tensor, whole: KernelWork, reader: KernelWork, { inputs }: FusionLimits): boolean => {
  const way = reader.reads.get(x)!
  if (way.repeated || (whole.reductions.size > 0 && (way.reduced || reader.reductions.size > 0))) return false
  const reads = new Set([...reader.reads.keys(), ...whole.reads.keys()]).size - 1
  return reads <= inputs && reader.work + whole.work <= kernelMaxWork && reader.depth + whole.depth <= kernelMaxDepth
}

const pays = (x: Tensor, whole: KernelWork, into: readonly KernelWork[], costs: Costs): boolean => {
  if (into.length === 1) return true
  // the gradient of a maximum compares with the largest element, so it must see the very same numbers
  if (whole.reductions.size > 0 || into.some(({ reductions }) => [...reductions].some(selects))) return false
  const more = into.reduce((sum, c) => sum + [...whole.reads.keys()].filter((y) => !c.reads.has(y)).length, 0)
  const again = (into.length - 1) * whole.work * costs.madd + (more - whole.reads.size) * costs.fetch
  const stored = costs.write + into.length * costs.fetch + costs.call / fragments(x.shape)
  return again < stored
}

const merged = (reader: KernelWork, x: Tensor, whole: KernelWork): KernelWork => {
  const way = reader.reads.get(x)!
  const reads = new Map(reader.reads)
  reads.delete(x)
  for (const [y, below] of whole.reads) reads.set(y, joined(reads.get(y), along(way, below)))
  return {
    reads,
    reductions: new Set([...reader.reductions, ...whole.reductions]),
    work: reader.work + whole.work,
    depth: reader.depth + whole.depth
  }
}
