import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as node from 'tessera/node'
import { failure, reason } from 'tessera'
import type { Failure } from 'tessera'
import { checkpointFile } from 'tessera/node'
import { print } from './lib/output.ts'
import { count, parseFlags, runProgram, seed } from './lib/program.ts'
import type { ExitCode } from './lib/program.ts'
import { duration } from './lib/progress.ts'
import { damagedCheckpoints, damagedPyTorch } from './soak/damages.ts'
import { blowsToRuns } from './soak/kills.ts'
import { lossesInChromium, lossesInNode } from './soak/losses.ts'
import { droppedInChromium, droppedInNode } from './soak/memory.ts'
import { trainingSteps } from './soak/steps.ts'
import { markdown, tableText } from './soak/trial.ts'
import type { Trial } from './soak/trial.ts'

interface Flags {
  readonly steps: number
  readonly kills: number
  readonly damages: number
  readonly losses: number
  readonly seed: number
  readonly write: boolean
}

const command = (): Command =>
  new Command('npm run soak --')
    .description('Trains, kills, damages and loses again and again, and counts what survives. It takes half an hour.')
    .option('--steps <n>', 'training steps, and steps that drop their results', count, 10_000)
    .option('--kills <n>', 'signals to training runs', count, 60)
    .option('--damages <n>', 'damages of each kind of file', count, 1000)
    .option('--losses <n>', 'contexts lost, of each kind', count, 50)
    .option('--seed <n>', 'for all that is drawn', seed, 1)
    .option('--write', 'put the table into docs/reliability.md', false)

const page = fileURLToPath(new URL('../docs/reliability.md', import.meta.url))
const marked = /(?<=<!-- soak -->)[^]*(?=<!-- \/soak -->)/

type Part = (folder: string, flags: Flags) => Promise<readonly Trial[]>

const one = async (trial: Promise<Trial>): Promise<readonly Trial[]> => [await trial]

/** In this order: memory is measured of a process that did little before, and damages are done to a checkpoint of the runs that were hit. */
const parts: readonly Part[] = [
  (_, { steps }) => one(droppedInNode(steps, 'never')),
  (_, { steps }) => one(droppedInNode(steps, 'promises')),
  (_, { steps }) => one(droppedInNode(steps, 'turns')),
  (_, { steps }) => one(droppedInChromium('webgl2', steps, 'never')),
  (_, { steps }) => one(droppedInChromium('webgl2', steps, 'turns')),
  (_, { steps, seed: from }) => one(trainingSteps(steps, from)),
  (_, { losses }) => one(lossesInNode(losses)),
  (_, { losses }) => one(lossesInChromium('webgl2', losses)),
  (_, { losses }) => one(lossesInChromium('webgl', losses)),
  (folder, { kills, seed: from }) => blowsToRuns(folder, kills, from),
  (folder, { damages, seed: from }) => one(damagedCheckpoints(checkpointFile(join(folder, 'alone')), damages, from)),
  (folder, { damages, seed: from }) => one(damagedPyTorch(checkpointFile(join(folder, 'alone')), damages, from))
]

const soak = async (flags: Flags): Promise<readonly Trial[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'tessera-soak-'))
  const trials: Trial[] = []
  try {
    for (const part of parts) {
      const began = performance.now()
      const found = await part(folder, flags)
      found.forEach(({ what, tried, survived, faults }) => {
        print(`${survived} of ${tried} survived: ${what} (${duration(performance.now() - began)})`)
        faults.forEach((fault) => print(`  ${fault}`))
      })
      trials.push(...found)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return trials
}

const written = (trials: readonly Trial[]): TE.TaskEither<Failure, void> =>
  pipe(
    node.readBytes(page),
    TE.map((bytes) => new TextDecoder().decode(bytes).replace(marked, `\n\n${markdown(trials)}\n\n`)),
    TE.flatMap((text) => node.writeAtomic(page, new TextEncoder().encode(text)))
  )

void runProgram(
  pipe(
    TE.fromEither(parseFlags<Flags>(command(), process.argv.slice(2))),
    TE.bindTo('flags'),
    TE.bind('trials', ({ flags }) =>
      TE.tryCatch(
        () => soak(flags),
        (thrown) => failure('unavailable', reason(thrown))
      )
    ),
    TE.tapIO(
      ({ trials }) =>
        () =>
          print(`\n${tableText(trials)}`)
    ),
    TE.tap(({ flags, trials }) => (flags.write ? written(trials) : TE.right(undefined))),
    TE.map(({ trials }): ExitCode => (trials.every(({ tried, survived }) => tried === survived) ? 0 : 1))
  )
)
