import { join } from 'node:path'
import { pipe } from 'fp-ts/function'
import * as T from 'fp-ts/Task'
import * as TE from 'fp-ts/TaskEither'
import type { UNetParams } from 'tessera/models'
import type { Failure } from '../lib/core/failure.ts'
import { runOf } from './lib/course.ts'
import type { Run, TrainingState } from './lib/course.ts'
import { loadData } from './lib/data.ts'
import { drawFrom } from './lib/draw.ts'
import { logged, openJournal } from './lib/journal.ts'
import type { Journal } from './lib/journal.ts'
import { after, finite, keeperIn, modelFile, nothingYet } from './lib/keeper.ts'
import type { Sofar } from './lib/keeper.ts'
import { loadModel } from './lib/model-file.ts'
import { forwardProcess, imagesOfBatch, perStage } from './lib/pictures.ts'
import { runProgram } from './lib/program.ts'
import type { ExitCode } from './lib/program.ts'
import { exitCode, prepared, unlessAsked } from './lib/run.ts'
import { drawSamples } from './lib/sampling.ts'
import { compiledLine, courseLines, endLine, stoppedLine, titleOf, trainingScreen } from './lib/screen.ts'
import { readTask } from './lib/settings.ts'
import type { Settings, Task } from './lib/settings.ts'
import { batchesOf, foldUntil, training, trainingStep, withEpochs } from './lib/training.ts'
import type { EpochRecord, StepRecord } from './lib/training.ts'

/** How many samples are drawn before training, and after each epoch where that is wanted. */
const most = 16

/** `first-batch.png` and `forward.png` */
const dataPictures = ({ album, course, device, schedule, keys }: Run): TE.TaskEither<Failure, void> => {
  const [batch] = batchesOf(course, 1)
  if (batch === undefined || !album.draws) return TE.right(undefined)
  return pipe(
    album.png('first-batch.png', imagesOfBatch(batch), 'The first batch'),
    TE.flatMap(() => TE.fromTask(() => forwardProcess(device, schedule, batch, keys.forward))),
    TE.flatMap((images) =>
      album.png('forward.png', images, `Forward process: 0, 25, 50, 75, 100 % of ${schedule.steps} steps`, {
        cols: Math.min(perStage, batch.size)
      })
    )
  )
}

/** A few samples of some parameters, always from the same noise, so that pictures can be compared. */
const fewSamples = (run: Run, params: UNetParams, name: string, title: string): TE.TaskEither<Failure, void> => {
  const { album, sampler, keys, settings } = run
  if (!album.draws) return TE.right(undefined)
  return drawSamples(album, { name, title }, () => sampler(params, keys.samples, Math.min(most, settings.samples)))
}

const samplesBefore = (run: Run): TE.TaskEither<Failure, void> =>
  fewSamples(run, run.initial.params, 'before-training.png', 'Samples before training')

const previewOf = (run: Run, { epoch, state }: EpochRecord<TrainingState>): TE.TaskEither<Failure, void> =>
  run.settings.preview
    ? fewSamples(run, state.params, `preview-epoch-${epoch}.png`, `Samples after epoch ${epoch}`)
    : TE.right(undefined)

/** What is done with each record of the run, in order: a model that is called stored is stored. */
const reactions = (run: Run, journal: Journal) => {
  const { course, progress, settings, model, device } = run
  const screen = trainingScreen(progress, course)
  const keeper = keeperIn(settings, model)
  return {
    end: screen.end,
    step: (record: StepRecord<TrainingState>): TE.TaskEither<Failure, void> =>
      pipe(
        finite(record),
        TE.flatMap(() => journal.add(logged(record))),
        TE.tapIO(() => () => record.step === 1 && progress.say(compiledLine(device.stats()))),
        TE.tapIO(() => () => screen.step(record))
      ),
    epoch: (record: EpochRecord<TrainingState>): TE.TaskEither<Failure, void> =>
      pipe(
        keeper.best(record),
        TE.flatMap(() => journal.add(logged(record))),
        TE.tapIO(() => () => screen.epoch(record)),
        TE.flatMap(() => previewOf(run, record))
      )
  }
}

const trained = (run: Run, journal: Journal): TE.TaskEither<Failure, Sofar> => {
  const { device, schedule, model, optimiser, course, initial, interrupt } = run
  const step = trainingStep(device, schedule, model.apply, optimiser)
  const react = reactions(run, journal)
  const records = withEpochs(training(device, step, course, initial), course)
  return pipe(
    foldUntil(
      records,
      nothingYet,
      (sofar: Sofar, record) =>
        pipe(
          record.kind === 'step' ? react.step(record) : react.epoch(record),
          TE.map(() => after(sofar, record))
        ),
      () => interrupt.asked
    ),
    T.tapIO(() => react.end)
  )
}

/** `loss.png`, and samples of the best model. */
const finalPictures = ({ album, settings, sampler, keys }: Run, { losses }: Sofar): TE.TaskEither<Failure, void> =>
  pipe(
    album.lossChart(losses, titleOf(settings)),
    TE.flatMap(() => loadModel(modelFile(settings.out))),
    TE.flatMap(({ params }) => {
      const show = { name: 'samples.png', title: 'Samples of the best model', film: true }
      return drawSamples(album, show, () => sampler(params, keys.samples, settings.samples))
    })
  )

/** Stores a run that was stopped, or draws what became of one that was not. */
const finished = (run: Run, sofar: Sofar): TE.TaskEither<Failure, void> =>
  run.interrupt.asked
    ? pipe(
        keeperIn(run.settings, run.model).unfinished(sofar),
        TE.map((path) => run.progress.say(stoppedLine(path)))
      )
    : pipe(
        finalPictures(run, sofar),
        TE.map(() => run.progress.say(endLine(run.settings.out, run.interrupt.asked)))
      )

const introduced =
  ({ course, settings, progress }: Run): (() => void) =>
  () =>
    courseLines(course, settings).forEach((line) => progress.say(line))

const train = (settings: Settings): TE.TaskEither<Failure, ExitCode> =>
  pipe(
    prepared((user) => loadData(settings, user.progress), settings.out, settings.device),
    TE.map((studio) => runOf(settings, studio)),
    TE.bindTo('run'),
    TE.tapIO(({ run }) => introduced(run)),
    TE.bind('journal', () => openJournal(join(settings.out, 'log.jsonl'))),
    TE.tap(({ run }) => unlessAsked(run, () => dataPictures(run))),
    TE.tap(({ run }) => unlessAsked(run, () => samplesBefore(run))),
    TE.bind('sofar', ({ run, journal }) => (run.interrupt.asked ? TE.right(nothingYet) : trained(run, journal))),
    TE.tap(({ run, sofar }) => finished(run, sofar)),
    TE.map(({ run }) => exitCode(run))
  )

const perform = ({ settings, model }: Task): TE.TaskEither<Failure, ExitCode> => {
  const { samples: count, device, ...rest } = settings
  return model === undefined
    ? train(settings)
    : drawFrom({ ...rest, model, count, ...(device !== undefined && { device }) })
}

void runProgram(pipe(TE.fromEither(readTask(process.argv.slice(2))), TE.flatMap(perform)))
