// npm run samplers: how fast each sampler comes to a law that is known exactly, or how near the samples of the model in
// the box come to test images; as a table and a picture.
import { dirname } from 'node:path'
import { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import { failure } from 'tessera'
import type { Failure } from 'tessera'
import * as node from 'tessera/node'
import { canBecomeFolder } from './lib/folder.ts'
import { print, warn } from './lib/output.ts'
import { count, parseFlags, runProgram } from './lib/program.ts'
import type { ExitCode } from './lib/program.ts'
import { table } from './lib/table.ts'
import { dataOption } from './lib/options.ts'
import { curvesChart, words } from './samplers/chart.ts'
import type { Curve, Words } from './samplers/chart.ts'
import { drawnCurves } from './samplers/drawn.ts'
import { errorOf } from './samplers/orders.ts'

interface Flags {
  readonly steps: number
  readonly out: string
  readonly drawn?: boolean
  readonly samples: number
  readonly data?: string
}

const command = (): Command =>
  new Command('npm run samplers --')
    .description('How fast each sampler comes to a normal law, with the exact model of it, as its steps double.')
    .option('--steps <n>', 'the most steps', count, 320)
    .option('--drawn', 'instead, how near the samples of the model in the box are to test images (half an hour)')
    .option('--samples <n>', 'samples to draw for that with each number of steps', count, 200)
    .addOption(dataOption())
    .option('--out <file>', 'where the picture goes', 'out/samplers.png')

/** With fewer steps the schedule of `shorter` has none that leave any signal. */
const fewest = 40

/** Half as many steps, half of those, and so on, the fewest first. */
const doubled = (most: number): readonly number[] => (most < fewest ? [] : [...doubled(Math.floor(most / 2)), most])

/** Left out are `consistency`, which is for models that predict the final picture in one step, and `euler`, which is `ddim`. */
const compared = Object.entries(t.samplers).filter(([name]) => name !== 'consistency' && name !== 'euler')

const curvesOf = async (steps: readonly number[]): Promise<readonly Curve[]> => {
  const curves: Curve[] = []
  for (const [name, make] of compared) {
    const points: Curve['points'][number][] = []
    for (const n of steps) points.push({ steps: n, error: await errorOf(make(), n) })
    curves.push({ name, points })
  }
  return curves
}

/** The order that the last doubling shows. */
const orderOf = ({ points }: Curve): string => {
  const [before, last] = points.slice(-2)
  return before && last ? Math.log2(before.error / last.error).toFixed(2) : ''
}

const report = (curves: readonly Curve[], steps: readonly number[]): string =>
  table(
    ['sampler', ...steps.map((n) => `${n} steps`), 'order'],
    curves.map((curve) => [curve.name, ...curve.points.map(({ error }) => error.toExponential(1)), orderOf(curve)])
  )

const drawnReport = (curves: readonly Curve[]): string =>
  table(
    ['sampler', ...(curves[0]?.points ?? []).map(({ steps }) => `${steps} evaluations`)],
    curves.map(({ name, points }) => [name, ...points.map(({ error }) => error.toFixed(0))])
  )

const picture = (curves: readonly Curve[], said: Words, out: string): TE.TaskEither<Failure, void> =>
  pipe(
    node.loadCanvas(),
    E.match(
      ({ message }): TE.TaskEither<Failure, void> => TE.fromIO(() => warn(message)),
      ({ createCanvas }) => {
        const canvas = createCanvas(1, 1)
        curvesChart(curves, canvas, said)
        return pipe(
          node.ensureFolder(dirname(out)),
          TE.flatMap(() => node.writePng(out, canvas)),
          TE.tapIO(() => () => print(`\nDrew ${out}`))
        )
      }
    )
  )

const orders = ({ steps: most, out }: Flags): TE.TaskEither<Failure, void> => {
  const steps = doubled(most)
  if (steps.length === 0) return TE.left(failure('usage', `--steps is ${fewest} or more, not ${most}`))
  return pipe(
    canBecomeFolder(dirname(out)),
    TE.flatMap(() => TE.fromTask(() => curvesOf(steps))),
    TE.tapIO((curves) => () => print(report(curves, steps))),
    TE.flatMap((curves) => picture(curves, words.orders, out))
  )
}

const drawn = (flags: Flags): TE.TaskEither<Failure, void> =>
  pipe(
    drawnCurves(flags, dirname(flags.out)),
    TE.tapIO((curves) => () => print(drawnReport(curves))),
    TE.flatMap((curves) => picture(curves, words.drawn, flags.out))
  )

const perform = (flags: Flags): TE.TaskEither<Failure, ExitCode> =>
  pipe(
    flags.drawn === true ? drawn(flags) : orders(flags),
    TE.map((): ExitCode => 0)
  )

void runProgram(pipe(TE.fromEither(parseFlags<Flags>(command(), process.argv.slice(2))), TE.flatMap(perform)))
