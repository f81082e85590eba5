import * as O from 'fp-ts/Option'
import { pipe } from 'fp-ts/function'
import { lower } from '../../lib/compile/kernel/lower.ts'
import type { Kernel } from '../../lib/compile/kernel/ir.ts'
import type { KernelSource } from '../../lib/compile/codegen/program.ts'
import { sliceShape, targetsOf } from '../../lib/compile/kernel/slices.ts'
import type { Tiling } from '../../lib/compile/kernel/tiling.ts'
import { argumentRow } from '../../lib/core/primitives.ts'
import { sizeOf } from '../../lib/core/shape.ts'
import type { Shape } from '../../lib/core/shape.ts'
import { node } from '../../lib/core/tensor.ts'
import type { Buffer, Engine } from '../../lib/device/engine.ts'
import { median } from '../lib/table.ts'

/** A program and its inputs. */
interface Call {
  readonly source: KernelSource
  readonly inputs: readonly Buffer[]
  readonly shape: Shape
  readonly targets: number
}

/** Milliseconds that a measurement takes at least, unless it has had all its runs: clocks and drivers are uneven. */
const longEnough = 4
const runsAtMost = 12

const run = (engine: Engine, { source, inputs, shape, targets }: Call): readonly Buffer[] =>
  engine.run(source, inputs, shape, targets, targets > 1)

/** Milliseconds of several runs, each in full. */
const timed = (engine: Engine, call: Call, runs: number): number => {
  engine.finish()
  const start = performance.now()
  for (let i = 0; i < runs; i++) run(engine, call).forEach((buffer) => engine.give(buffer))
  engine.finish()
  return (performance.now() - start) / runs
}

/** Numbers in [-1, 1): zeros might be faster than other numbers. */
const filled = (shape: Shape): Float32Array =>
  Float32Array.from({ length: sizeOf(shape) }, (_, i) => (((i * 7919) % 1024) - 512) / 512)

/** The kernel that puts the slices of a result together. */
const mergeOf = (shape: Shape, tile: readonly number[]): Kernel => {
  const whole = node(argumentRow, { shape, position: 0 })
  return lower(
    [whole],
    () => true,
    () => tile
  )
}

/** The calls of a kernel under a tiling: it alone, or it and the one that merges its slices. */
const callsOf = (engine: Engine, kernel: Kernel, inputs: readonly Buffer[], tiling: Tiling): readonly Call[] => {
  const targets = targetsOf(tiling.tile)
  if (targets === 1) return [{ source: engine.source(kernel), inputs, shape: kernel.shape, targets }]
  const shape = sliceShape(kernel.shape, tiling.tile)
  const tiled = { source: engine.source(kernel, tiling), inputs, shape, targets }
  const merge = engine.source(mergeOf(kernel.shape, tiling.tile))
  return [tiled, { source: merge, inputs: run(engine, tiled), shape: kernel.shape, targets: 1 }]
}

/** A tiling that is ready to be timed. */
interface Ready {
  readonly tiling: Tiling
  readonly calls: readonly Call[]
  readonly runs: readonly number[]
}

const ready = (engine: Engine, kernel: Kernel, inputs: readonly Buffer[], tiling: Tiling): Ready => {
  const calls = callsOf(engine, kernel, inputs, tiling)
  // the first run compiles
  calls.forEach((call) => timed(engine, call, 1))
  const runs = calls.map((call) => Math.min(runsAtMost, Math.ceil(longEnough / timed(engine, call, 1))))
  return { tiling, calls, runs }
}

/** Gives back the slices that a merge was run on. */
const release = (engine: Engine, { calls }: Ready): void =>
  calls.slice(1).forEach(({ inputs }) => inputs.forEach((buffer) => engine.give(buffer)))

/** The tilings that ran and their milliseconds: medians over several rounds, each with all tilings. */
const rounds = (engine: Engine, all: readonly Ready[], count: number): ReadonlyMap<Tiling, number> => {
  const times = new Map<Tiling, number[]>(all.map(({ tiling }) => [tiling, []]))
  for (let i = 0; i < count; i++)
    for (const { tiling, calls, runs } of all)
      times.get(tiling)!.push(calls.reduce((sum, call, k) => sum + timed(engine, call, runs[k]!), 0))
  return new Map([...times].map(([tiling, ms]) => [tiling, median(ms)]))
}

/** Times a kernel under several tilings; one that the driver refuses has no time. */
export const timesOf = (
  engine: Engine,
  kernel: Kernel,
  tilings: readonly Tiling[],
  count: number
): ReadonlyMap<Tiling, number> => {
  const inputs = kernel.inputs.map(({ shape }) => engine.upload(filled(shape), shape))
  const all = tilings.flatMap((tiling) =>
    pipe(
      O.tryCatch(() => ready(engine, kernel, inputs, tiling)),
      O.match(
        () => [],
        (one) => [one]
      )
    )
  )
  const times = rounds(engine, all, count)
  all.forEach((one) => release(engine, one))
  inputs.forEach((buffer) => engine.give(buffer))
  return times
}
