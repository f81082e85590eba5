import { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as node from 'tessera/node'
import { defaultCosts } from '../lib/compile/kernel/costs.ts'
import type { Costs } from '../lib/compile/kernel/costs.ts'
import { failure, reason } from 'tessera'
import type { Failure } from 'tessera'
import type { Engine } from '../lib/device/engine.ts'
import { glEngine } from '../lib/device/gl.ts'
import { platform } from '../lib/platform/node/platform.ts'
import { count, parseFlags, runProgram } from './lib/program.ts'
import type { ExitCode } from './lib/program.ts'
import { duration, progressOn } from './lib/progress.ts'
import { commonFactor } from './tune/fit.ts'
import { examples, subjectsOf } from './tune/kernels.ts'
import { costTable, spreadLine, tileTable } from './tune/report.ts'
import { compare, meanRatio, samplesOf, tune } from './tune/tune.ts'
import type { Tuned } from './tune/tune.ts'

interface Flags extends Pick<Costs, 'cores' | 'block'> {
  readonly quick: boolean
  readonly batch?: number
  readonly dryRun: boolean
  readonly force: boolean
  readonly forget: boolean
}

const command = (): Command =>
  new Command('npm run tune --')
    .description('Measures what things cost on the GL device here, for the planner to choose tiles by.')
    .option('--quick', 'fewer measurements: a minute, not several', false)
    .option('--batch <n>', 'images that the kernels are for; by default 32 and 128', count)
    .option('--cores <n>', 'blocks of fragments that the device works on at once', count, defaultCosts.cores)
    .option('--block <n>', 'the side of such a block', count, defaultCosts.block)
    .option('--dry-run', 'store nothing', false)
    .option('--force', 'store what was found also where nothing is gained by it', false)
    .option('--forget', 'remove what is stored for this device, measure nothing', false)
    .addHelpText(
      'after',
      '\nTESSERA_CONFIG names the folder to store in; where it is empty, nothing is stored or used.'
    )

const progress = progressOn(process.stdout)

/** The best GL device, with the default costs and the flags' word on its cores. */
const opened = (costs: Costs): TE.TaskEither<Failure, Engine> =>
  platform.contexts.reduceRight<TE.TaskEither<Failure, Engine>>(
    (others, [, open]) =>
      pipe(
        open,
        TE.flatMapEither((context) =>
          E.tryCatch(
            () => glEngine(context, {}, costs),
            (thrown) => failure('unavailable', reason(thrown))
          )
        ),
        TE.orElse((fault) =>
          pipe(
            others,
            TE.mapLeft(() => fault)
          )
        )
      ),
    TE.left(failure('unavailable', 'there is no GL here, and nothing else has tiles to choose'))
  )

/** A smaller ratio of two times may be an error of measurement. */
const noticeable = 1.01

const efforts = { quick: { candidates: 5, rounds: 3 }, full: { candidates: 9, rounds: 5 } }

const tuned = (engine: Engine, { quick, batch }: Flags): TE.TaskEither<Failure, Tuned> =>
  TE.tryCatch(
    async () => {
      const batches = batch === undefined ? (quick ? [32] : [32, 128]) : [batch]
      const subjects = examples(batches).flatMap((example) => subjectsOf(example, engine, engine.costs))
      const began = performance.now()
      progress.say(`Measuring ${subjects.length} sums on ${engine.name}, ${engine.renderer}`)
      const bar = progress.bar('sums', subjects.length)
      const result = await tune(engine, subjects, engine.costs, quick ? efforts.quick : efforts.full, (done, name) =>
        bar.at(done, name)
      )
      bar.end()
      progress.say(`Measured in ${duration(performance.now() - began)}`)
      return result
    },
    (thrown) => failure('unavailable', reason(thrown))
  )

const report = (result: Tuned, before: Costs): void => {
  const samples = samplesOf(result.all)
  const [prior, posterior] = [spreadLine(samples, 'usual', before), spreadLine(samples, 'fitted', result.costs)]
  for (const part of [tileTable(compare(result, before)), costTable(before, result.costs), `${prior}\n${posterior}`])
    progress.say(`\n${part}`)
}

/** Why the constants are not worth storing; undefined if they are. */
const whyNot = (result: Tuned, before: Costs): string | undefined => {
  const all = compare(result, before)
  const gain = meanRatio(all.map((one) => one.before)) / meanRatio(all.map((one) => one.after))
  if (gain < 1 / noticeable) return 'the usual constants choose better tiles'
  // a device of another kind: how much a call costs against a fetch matters to more than tiles
  const factor = commonFactor(samplesOf(result.all), before)
  const strange = factor > 2 || factor < 0.5
  return gain > noticeable || strange ? undefined : 'the usual constants choose tiles as good, and fit this device'
}

/** Stores the constants; says where, or why not. */
const stored = (engine: Engine, result: Tuned, { dryRun, force }: Flags): TE.TaskEither<Failure, string> => {
  if (dryRun) return TE.right('Stored nothing.')
  const reasonNot = force ? undefined : whyNot(result, engine.costs)
  if (reasonNot !== undefined) return TE.right(`Stored nothing: ${reasonNot}. (--force stores them.)`)
  return pipe(
    node.storeCosts(engine, result.costs),
    TE.map((path) => `Stored in ${path}: programs use them from now on; npm run tune -- --forget removes them`)
  )
}

const measured = (engine: Engine, flags: Flags): TE.TaskEither<Failure, string> =>
  pipe(
    flags.dryRun ? TE.right('') : TE.fromEither(node.costsFile(engine)),
    TE.flatMap(() => tuned(engine, flags)),
    TE.tapIO((result) => () => report(result, engine.costs)),
    TE.flatMap((result) => stored(engine, result, flags))
  )

const forgotten = (engine: Engine): TE.TaskEither<Failure, string> =>
  pipe(
    node.forgetCosts(engine),
    TE.map((path) => (path === undefined ? 'Nothing was stored for this device.' : `Removed ${path}`))
  )

const perform = (flags: Flags): TE.TaskEither<Failure, ExitCode> =>
  pipe(
    opened({ ...defaultCosts, cores: flags.cores, block: flags.block }),
    TE.flatMap((engine) => (flags.forget ? forgotten(engine) : measured(engine, flags))),
    TE.tapIO((line) => () => progress.say(`\n${line}`)),
    TE.map((): ExitCode => 0)
  )

void runProgram(pipe(TE.fromEither(parseFlags<Flags>(command(), process.argv.slice(2))), TE.flatMap(perform)))
