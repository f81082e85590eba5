import { existsSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import * as node from 'tessera/node'
import { failure } from 'tessera'
import type { Failure } from 'tessera'
import { readInputs } from './evaluate/inputs.ts'
import type { Inputs } from './evaluate/inputs.ts'
import type { Kept } from './evaluate/kept.ts'
import { measureLosses } from './evaluate/losses.ts'
import type { Losses } from './evaluate/losses.ts'
import { writeNeighbours } from './evaluate/neighbours.ts'
import { classTable, lossTable, scoreTable } from './evaluate/report.ts'
import { drawMissing } from './evaluate/samples.ts'
import { noiseImages, parted, scoresOf, shown, shuffled, standardOf, stretched } from './evaluate/scores.ts'
import type { Lot, Scores } from './evaluate/scores.ts'
import { readSettings } from './evaluate/settings.ts'
import type { Settings } from './evaluate/settings.ts'
import { runProgram } from './lib/program.ts'
import type { ExitCode } from './lib/program.ts'
import { accuracyOf, picture, pixels, readerOf } from './lib/reading.ts'
import { percent } from './lib/table.ts'
import { exitCode } from './lib/user.ts'
import { openWorkspace } from './lib/workspace.ts'
import type { Workspace } from './lib/workspace.ts'

interface Run extends Workspace {
  readonly settings: Settings
  readonly inputs: Inputs
  /** The test images in random order, and the keys of what else is random. */
  readonly test: t.Batch
  readonly keys: Readonly<Record<'losses' | 'samples' | 'noise', t.Key>>
}

/** Everything that was measured. */
interface Measured {
  readonly losses: Losses
  readonly reference: { readonly images: number; readonly accuracy: number; readonly shares: readonly number[] }
  readonly scores: Scores
}

const runOf = async (settings: Settings, workspace: Workspace & { readonly inputs: Inputs }): Promise<Run> => {
  const [order, losses, samples, noise] = t.split(t.key(settings.seed), 4)
  const test = await shuffled(workspace.inputs.dataset, order!)
  return { ...workspace, settings, test, keys: { losses: losses!, samples: samples!, noise: noise! } }
}

/** Ends a measurement that the user asked to stop. */
const stopped = Symbol('stopped')
type Stopped = typeof stopped

const losses = (run: Run): TE.TaskEither<Failure | Stopped, Losses> => {
  const { device, settings, inputs: { model }, test, keys } = run // prettier-ignore
  const { heldOut, batch } = settings
  const images = test.images.subarray(0, heldOut * pixels)
  return pipe(
    TE.fromTask(() => measureLosses(device, model, images, { labels: test.labels, batch, key: keys.losses }, run)),
    TE.flatMap((measured) => (measured === undefined ? TE.left(stopped) : TE.right(measured))),
    TE.tapIO((measured) => () => run.progress.say(`\n${lossTable(measured)}\n`))
  )
}

/** The samples to measure, drawn or read; a failure if they hold NaN or infinities, as those of a bad model may. */
const samples = (run: Run): TE.TaskEither<Failure | Stopped, Float32Array> => {
  const { device, settings, inputs: { model, kept }, keys, interrupt } = run // prettier-ignore
  const { from, samples: wanted } = settings
  const all: TE.TaskEither<Failure | Stopped, Kept> =
    from === undefined ? drawMissing(device, model, settings, { kept, key: keys.samples }, run) : TE.right(kept)
  return pipe(
    all,
    TE.filterOrElseW(
      () => !interrupt.asked,
      (): Stopped => stopped
    ),
    TE.map(({ images }) => images.subarray(0, wanted * pixels)),
    TE.filterOrElseW(
      (images) => images.every(Number.isFinite),
      () => failure('mismatch', 'some samples hold what is no number: this model cannot be scored')
    )
  )
}

/** The classes that samples were asked for, if their model was told any: all that it knows, in turn. */
const askedFor = (
  { settings: { from }, inputs: { model, kept } }: Run,
  count: number
): Pick<Lot, 'labels'> | undefined => {
  // prettier-ignore
  const classes = from === undefined ? model.model.config.classes : Number(kept.facts.classes ?? 0)
  return classes === 0 ? undefined : { labels: Array.from({ length: count }, (_, i) => i % classes) }
}

/** Scores samples beside other test images, the best that can be hoped for, and noise, what they were made from. */
const scored = async (run: Run, drawn: Float32Array): Promise<Omit<Measured, 'losses'>> => {
  const { device, settings, inputs: { classifier }, test, keys } = run // prettier-ignore
  const read = readerOf(device, classifier.params, settings.batch)
  const count = drawn.length / pixels
  const [others, reference] = parted(test.images, count)
  const reading = await read(reference)
  const standard = standardOf(reading)
  const labels = test.labels.subarray(others.length / pixels)
  const asked = askedFor(run, count)
  const scores = await scoresOf(read, standard, {
    'other test images': { images: others, ...(asked && { labels: test.labels }) },
    samples: { images: shown(drawn), ...asked },
    'samples, stretched': { images: stretched(drawn), ...asked },
    noise: { images: shown(await noiseImages(keys.noise, count)) }
  })
  const accuracy = accuracyOf(reading.classes, labels)
  return { reference: { images: labels.length, accuracy, shares: standard.shares }, scores }
}

const showScores = (
  { progress, inputs: { classifier, dataset } }: Run,
  { reference, scores }: Omit<Measured, 'losses'>
): void => {
  progress.say(`\n${scoreTable(scores, reference.images)}`)
  progress.say(`\n${classTable(dataset.classes, reference.shares, scores)}`)
  const right = percent(reference.accuracy, 1)
  progress.say(`\nThe classifier, trained on ${classifier.dataset}, reads ${right} of the test images right.`)
}

/** Samples in the picture, at most. */
const most = 100

const writePictures = (
  { album, settings: { model, out, seed, neighbours }, inputs: { training }, progress }: Run,
  drawn: Float32Array
): TE.TaskEither<Failure, void> => {
  const n = Math.min(most, drawn.length / pixels)
  const images = { data: drawn.subarray(0, n * pixels), shape: [n, ...picture] }
  return pipe(
    album.png('samples.png', images, `Samples of ${basename(model)}, seed ${seed}`, { range: 'each' }),
    TE.flatMap(() =>
      training === undefined || neighbours === undefined
        ? TE.right(undefined)
        : writeNeighbours(album, drawn.subarray(0, neighbours * pixels), training)
    ),
    TE.tapIO(() => () => (album.draws ? progress.say(`Drew ${training ? 'samples.png and nearest.png' : 'samples.png'} in ${out}`) : undefined)) // prettier-ignore
  )
}

const writeNumbers = (
  { device, settings, inputs: { dataset }, progress }: Run,
  measured: Measured
): TE.TaskEither<Failure, void> => {
  const { json } = settings
  if (json === undefined) return TE.right(undefined)
  const { model, classifier, seed, batch } = settings
  const how = { device: device.name, renderer: device.renderer, model, classifier, dataset: dataset.name, seed, batch }
  return pipe(
    node.ensureFolder(dirname(json)),
    TE.flatMap(() => node.writeAtomic(json, new TextEncoder().encode(`${JSON.stringify({ ...how, ...measured }, null, 2)}\n`))), // prettier-ignore
    TE.tapIO(() => () => progress.say(`Wrote ${json}`))
  )
}

const measured = (run: Run): TE.TaskEither<Failure | Stopped, void> =>
  pipe(
    losses(run),
    TE.bindTo('losses'),
    TE.bind('drawn', () => samples(run)),
    TE.bind('scored', ({ drawn }) => TE.fromTask(() => scored(run, drawn))),
    TE.tapIO(
      ({ scored }) =>
        () =>
          showScores(run, scored)
    ),
    TE.tap(({ drawn }) => writePictures(run, drawn)),
    TE.flatMap(({ losses, scored }) => writeNumbers(run, { losses, ...scored }))
  )

const stoppedLine = ({ keep }: Settings): string =>
  keep === undefined || !existsSync(keep)
    ? 'Stopped: no samples are kept.'
    : `Stopped: the samples so far are in ${keep}, and the same command goes on from there`

const introduce =
  ({ progress, inputs: { dataset }, settings }: Run): (() => void) =>
  () =>
    progress.say(`Data: ${dataset.count} test images of ${dataset.name} (${dataset.source}); model: ${settings.model}`)

const evaluate = (settings: Settings): TE.TaskEither<Failure, ExitCode> =>
  pipe(
    openWorkspace(({ progress }) => readInputs(settings, progress), settings.out, settings.device),
    TE.flatMap((workspace) => TE.fromTask(() => runOf(settings, workspace))),
    TE.tapIO(introduce),
    TE.flatMap((run) =>
      pipe(
        measured(run),
        TE.orElse((left) => {
          if (left !== stopped) return TE.left(left)
          run.progress.say(stoppedLine(settings))
          return TE.right(undefined)
        }),
        TE.map(() => exitCode(run))
      )
    )
  )

void runProgram(pipe(TE.fromEither(readSettings(process.argv.slice(2))), TE.flatMap(evaluate)))
