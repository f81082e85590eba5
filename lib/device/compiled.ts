import type { Plan, Step } from '../compile/schedule/plan.ts'
import { argumentKey, Key, known } from '../core/key.ts'
import { tensor } from '../core/create.ts'
import { isEmpty } from '../core/shape.ts'
import { argumentRow, drawRow, valueRow, type Argument, type Draw, type Held } from '../core/primitives.ts'
import { node, isTensor, type Tensor } from '../core/tensor.ts'
import { traced, type Trace } from '../core/trace.ts'
import { eachLeaf, mapLeaves } from '../core/tree.ts'
import type { Words } from '../random/threefry.ts'
import type { Memory } from './memory.ts'
import { checkResult } from './api/placeholders.ts'
import type { Buffer, Engine } from './engine.ts'

/** A function traced for one set of shapes. */
export interface Traced {
  readonly plan: Plan
  /** The result, with a tensor at each place of the plan's outputs. */
  readonly result: unknown
}

/** The leaves of a function's arguments. */
export interface Given {
  readonly tensors: readonly Tensor[]
  readonly keys: readonly Words[]
  /** Positions in `tensors` of donated arguments. */
  readonly donated: ReadonlySet<number>
  /** Equal for arguments that one plan serves. */
  readonly signature: string
}

/** The leaves of arguments; `donate` lists the positions of donated ones. */
export const given = (args: readonly unknown[], donate: readonly number[]): Given => {
  const tensors: Tensor[] = []
  const keys: Words[] = []
  const donated = new Set<number>()
  const parts: string[] = []
  args.forEach((arg, position) => {
    eachLeaf(arg, (leaf, path) => {
      if (isTensor(leaf)) {
        if (donate.includes(position)) donated.add(tensors.length)
        tensors.push(leaf)
        parts.push(`${path}[${leaf.shape.join(',')}]`)
      } else if (leaf instanceof Key) {
        keys.push(leaf.resolve([]))
        parts.push(`${path} key`)
      } else parts.push(`${path} ${leafText(leaf)}`)
    })
    // the structure as well as the paths: a list and a record of the same leaves differ, and so do trees without leaves
    parts.push(`${JSON.stringify(mapLeaves(arg, () => 0))};`)
  })
  return { tensors, keys, donated: onlyOnce(tensors, donated), signature: parts.join(' ') }
}

/** A tensor at several positions cannot be donated: its memory has several readers. */
const onlyOnce = (tensors: readonly Tensor[], donated: ReadonlySet<number>): ReadonlySet<number> => {
  const places = new Map<unknown, number>()
  const storage = (x: Tensor): unknown => (x.attrs as Held).storage
  for (const x of tensors) places.set(storage(x), (places.get(storage(x)) ?? 0) + 1)
  return new Set([...donated].filter((i) => places.get(storage(tensors[i]!)) === 1))
}

/** Functions, symbols and class instances are compared by identity. */
const identities = new WeakMap<WeakKey, number>()
let objects = 0
const identityOf = (f: WeakKey): number => {
  const known = identities.get(f) ?? objects++
  identities.set(f, known)
  return known
}

/** Text that is equal for two leaves exactly if they are the same. */
const leafText = (leaf: unknown): string => {
  if (typeof leaf === 'function') return `function ${identityOf(leaf)}`
  if (typeof leaf === 'number') return Object.is(leaf, -0) ? '-0' : String(leaf)
  if (typeof leaf === 'symbol') return `symbol ${Symbol.keyFor(leaf) ?? identityOf(leaf)}`
  if (typeof leaf === 'bigint') return `bigint ${String(leaf)}`
  // private state of a class (the entries of a Map) has no text
  const own = typeof leaf === 'object' && leaf !== null && !ArrayBuffer.isView(leaf) ? identityOf(leaf) : ''
  return `${typeof leaf} ${own} ${JSON.stringify(leaf)}`
}

/** The arguments with a placeholder for each tensor and key. */
const placeholders = (args: readonly unknown[], trace: Trace): readonly unknown[] => {
  let [tensors, keys] = [0, 0]
  return args.map((arg) =>
    mapLeaves(arg, (leaf) => {
      if (isTensor(leaf)) return node(argumentRow, { shape: leaf.shape, position: tensors++, trace })
      return leaf instanceof Key ? argumentKey(keys++, trace) : leaf
    })
  )
}

/** The result of `f` on placeholders. It may depend only on placeholders of this trace. */
export const trace = (f: (...args: readonly unknown[]) => unknown, args: readonly unknown[]): unknown =>
  traced(f, (own) => {
    const result = f(...placeholders(args, own))
    checkResult(own, result)
    return result
  })

/** Wraps the run of each kernel of a plan. */
export type Around = (step: Step, run: (meanwhile?: () => void) => void) => void
const nothingAround: Around = (_, run) => run()

/** Runs a plan. Buffers go back to the pool after their last use. */
export const execute = (
  traced: Traced,
  args: Given,
  engine: Engine,
  memory: Memory,
  around = nothingAround
): unknown => {
  const { plan } = traced
  const buffers: Buffer[] = []
  const owned = new Set<number>()
  memory.begin()
  try {
    for (const [i, leaf] of plan.leaves) {
      if (isEmpty(leaf.shape)) continue
      const { buffer, mine } = fetched(leaf, args, memory)
      buffers[i] = buffer
      if (mine) owned.add(i)
    }
    takeUnused(plan, args, memory)
    for (const step of plan.steps) around(step, (meanwhile) => runStep(step, buffers, owned, engine, meanwhile))
  } catch (thrown) {
    for (const i of owned) engine.give(buffers[i]!)
    throw thrown
  }
  const results = resultsOf(traced, args, memory, (i) => (owned.has(i) ? buffers[i] : undefined))
  memory.end()
  return results
}

/** The result of a function: tensors of new buffers, arguments and constants that it passed on, and keys. */
const resultsOf = (
  { plan, result }: Traced,
  args: Given,
  memory: Memory,
  made: (i: number) => Buffer | undefined
): unknown => {
  const leaves = new Map(plan.leaves)
  const tensors = new Map<number, Tensor>()
  const passed = new Set<Tensor>()
  const passOn = (i: number): Tensor => {
    const same = passedOn(leaves.get(i)!, args)
    passed.add(same)
    return same
  }
  const hold = (i: number, buffer: Buffer, x: Tensor): Tensor => {
    const before = tensors.get(i)
    const held = before ? memory.share(before) : memory.hold(buffer, x.shape)
    tensors.set(i, held)
    return held
  }
  let at = 0
  const results = mapLeaves(result, (leaf) => {
    if (leaf instanceof Key) return known(leaf.resolve(args.keys))
    if (!isTensor(leaf)) return leaf
    const i = plan.outputs[at++]!
    if (isEmpty(leaf.shape)) return tensor([], leaf.shape)
    const buffer = made(i)
    return buffer ? hold(i, buffer, leaf) : passOn(i)
  })
  for (const i of args.donated) if (!passed.has(args.tensors[i]!)) discard(args.tensors[i]!, memory)
  return results
}

const discard = (x: Tensor, memory: Memory): void => memory.discard((x.attrs as Held).storage)

/** Frees donated arguments that the function does not read, before it runs. */
const takeUnused = ({ leaves }: Plan, { tensors, donated }: Given, memory: Memory): void => {
  const used = new Set(leaves.map(([, leaf]) => (leaf.row === argumentRow ? (leaf.attrs as Argument).position : -1)))
  for (const i of donated) if (!used.has(i)) discard(tensors[i]!, memory)
}

const runStep = (
  step: Step,
  buffers: Buffer[],
  owned: Set<number>,
  engine: Engine,
  meanwhile: (() => void) | undefined
): void => {
  const { source, shape, targets, outputs } = step
  const inputs = step.inputs.map((i) => buffers[i]!)
  engine.run(source(), inputs, shape, targets, targets > outputs.length, meanwhile).forEach((buffer, k) => {
    buffers[outputs[k]!] = buffer
    owned.add(outputs[k]!)
  })
  for (const i of step.free) {
    if (!owned.has(i)) continue
    engine.give(buffers[i]!)
    owned.delete(i)
  }
}

/** The buffer of a leaf, and whether the run may reuse it. */
const fetched = (leaf: Tensor, args: Given, memory: Memory): { readonly buffer: Buffer; readonly mine: boolean } => {
  if (leaf.row === drawRow) {
    const { draw, key, shape } = leaf.attrs as Draw
    return { buffer: memory.upload(draw(key.resolve(args.keys)), shape), mine: true }
  }
  if (leaf.row === argumentRow) {
    const { position } = leaf.attrs as Argument
    const tensor = args.tensors[position]!
    const { storage } = tensor.attrs as Held
    return args.donated.has(position) ? memory.donated(storage, tensor.shape) : memory.lent(storage, tensor.shape)
  }
  return memory.lent((leaf.attrs as Held).storage, leaf.shape)
}

const passedOn = (leaf: Tensor, args: Given): Tensor =>
  leaf.row === argumentRow ? args.tensors[(leaf.attrs as Argument).position]! : leaf

/** Whether a tensor is computed already. */
export const isComputed = (x: Tensor): boolean => x.row === valueRow
