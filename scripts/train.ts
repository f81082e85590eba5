import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pipe } from 'fp-ts/function'
import * as E from 'fp-ts/Either'
import * as T from 'fp-ts/Task'
import * as TE from 'fp-ts/TaskEither'
import type * as t from 'tessera'
import type { UNetParams } from 'tessera/models'
import { failure } from 'tessera'
import type { Failure } from 'tessera'
import { checkpointFile, loadCheckpoint, restored, resumed } from './lib/checkpoint.ts'
import type { Checkpoint } from './lib/checkpoint.ts'
import { runOf } from './lib/course.ts'
import type { Given, Run, TrainingState } from './lib/course.ts'
import { loadData } from './lib/data.ts'
import { drawFrom } from './lib/draw.ts'
import { logged, openJournal, reopenJournal } from './lib/journal.ts'
import type { Journal } from './lib/journal.ts'
import { after, finite, keeperOf, modelFile } from './lib/keeper.ts'
import type { Sofar } from './lib/keeper.ts'
import { loadModel } from './lib/model-file.ts'
import type { Trained } from './lib/model-file.ts'
import { warn } from './lib/output.ts'
import { forwardProcess, imagesOfBatch, perStage } from './lib/pictures.ts'
import { runProgram } from './lib/program.ts'
import type { ExitCode } from './lib/program.ts'
import { exitCode, onlyWriter, prepared, unlessAsked } from './lib/run.ts'
import { drawSamples } from './lib/sampling.ts'
import type { Attention } from './lib/sampling.ts'
import { compiledLine, courseLines, endLine, resumedLine, stoppedLine, titleOf, trainingScreen } from './lib/screen.ts'
import { readTask, settingsAgain } from './lib/settings.ts'
import type { Settings, Task } from './lib/settings.ts'
import { batchesOf, foldUntil, training, trainingStep } from './lib/training.ts'
import type { EpochRecord, StepRecord } from './lib/training.ts'

/** How many samples are drawn before training, and after each epoch where that is wanted. */
const most = 16

/** A run that goes on has drawn its first pictures, unless it was stopped before. */
const has = ({ settings, from }: Run, name: string): boolean =>
  from.place.step > 0 && existsSync(join(settings.out, name))

/** `first-batch.png` and `forward.png` */
const dataPictures = (run: Run): TE.TaskEither<Failure, void> => {
  const { album, course, device, schedule, keys } = run
  const [batch] = batchesOf(course, 1)
  if (batch === undefined || !album.draws || has(run, 'forward.png')) return TE.right(undefined)
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
  has(run, 'before-training.png')
    ? TE.right(undefined)
    : fewSamples(run, run.initial.params, 'before-training.png', 'Samples before training')

const previewOf = (run: Run, { epoch, state }: EpochRecord<TrainingState>): TE.TaskEither<Failure, void> =>
  run.settings.preview
    ? fewSamples(run, state.params, `preview-epoch-${epoch}.png`, `Samples after epoch ${epoch}`)
    : TE.right(undefined)

/** What is done with each record of the run, in order: a model that is called stored is stored. */
const reactions = (run: Run, journal: Journal) => {
  const { course, progress, device, from } = run
  const screen = trainingScreen(progress, course)
  const keeper = keeperOf(run)
  return {
    end: screen.end,
    step: (record: StepRecord<TrainingState>): TE.TaskEither<Failure, void> =>
      pipe(
        finite(record),
        TE.flatMap(() => journal.add(logged(record))),
        TE.tapIO(() => () => record.step === from.place.step + 1 && progress.say(compiledLine(device.stats()))),
        TE.tapIO(() => () => screen.step(record)),
        TE.flatMap(() => keeper.due(record))
      ),
    epoch: (record: EpochRecord<TrainingState>): TE.TaskEither<Failure, void> =>
      pipe(
        keeper.best(record),
        TE.flatMap(() => journal.add(logged(record))),
        TE.tapIO(() => () => screen.epoch(record)),
        TE.flatMap(() => keeper.due(record)),
        TE.flatMap(() => previewOf(run, record))
      )
  }
}

const trained = (run: Run, { journal, losses }: Written): TE.TaskEither<Failure, Sofar> => {
  const { device, schedule, model, optimiser, course, from, interrupt } = run
  const step = trainingStep(device, schedule, model.apply, optimiser)
  const react = reactions(run, journal)
  return pipe(
    foldUntil(
      training(device, step, course, from),
      { losses },
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
const finished = (run: Run, sofar: Sofar): TE.TaskEither<Failure, void> => {
  const { interrupt, progress, settings, from } = run
  const { last } = sofar
  return interrupt.asked
    ? pipe(
        last === undefined ? TE.right(undefined) : keeperOf(run).now(last),
        TE.map(() => progress.say(stoppedLine(settings.out, (last ?? from).place)))
      )
    : pipe(
        finalPictures(run, sofar),
        TE.map(() => progress.say(endLine(settings.out, interrupt.asked)))
      )
}

const introduced =
  ({ course, settings, progress, from: { place } }: Run, saved?: Checkpoint): (() => void) =>
  () => {
    courseLines(course, settings).forEach((line) => progress.say(line))
    if (saved?.insteadOf !== undefined) warn(`Going on from the checkpoint before the last: ${saved.insteadOf}`)
    if (place.step > 0) progress.say(resumedLine(place))
  }

/** What a run has written down, and where it goes on writing. */
interface Written {
  readonly journal: Journal
  readonly losses: readonly t.LossPoint[]
}

const journalFile = (out: string): string => join(out, 'log.jsonl')

/** From its first moment on a run can go on. */
const started = (run: Run): TE.TaskEither<Failure, Written> =>
  pipe(
    keeperOf(run).beginning(),
    TE.flatMap(() => openJournal(journalFile(run.settings.out))),
    TE.map((journal) => ({ journal, losses: [] }))
  )

const goneOn = ({ settings: { out }, course, from }: Run, saved: Checkpoint): TE.TaskEither<Failure, Written> =>
  pipe(
    restored(out, saved),
    TE.flatMap(() => reopenJournal(journalFile(out), course, from.place))
  )

/** The model that a run starts from, if a file has it; its time embedding has a row for each step of the schedule. */
const startOf = ({ model: path, steps }: Settings): TE.TaskEither<Failure, Trained | undefined> =>
  path === undefined
    ? TE.right(undefined)
    : pipe(
        loadModel(path),
        TE.filterOrElse(
          ({ model }) => model.config.steps === steps,
          ({ model }) =>
            failure('mismatch', `${path}: its model knows ${model.config.steps} steps: --steps is ${steps}`)
        )
      )

/** A run that goes on has its parameters in its checkpoint. */
const givenTo = (settings: Settings, goesOn: boolean, { progress }: Attention): TE.TaskEither<Failure, Given> =>
  pipe(
    goesOn ? TE.right(undefined) : startOf(settings),
    TE.bindTo('start'),
    TE.bind('dataset', () => loadData(settings, progress))
  )

const train = (settings: Settings, saved?: Checkpoint): TE.TaskEither<Failure, ExitCode> =>
  pipe(
    prepared((user) => givenTo(settings, saved !== undefined, user), settings.out, settings.device),
    TE.map((studio) => runOf(settings, studio)),
    TE.flatMapEither((run) => (saved === undefined ? E.right(run) : resumed(run)(saved))),
    TE.bindTo('run'),
    TE.tapIO(({ run }) => introduced(run, saved)),
    TE.bind('written', ({ run }) => (saved === undefined ? started(run) : goneOn(run, saved))),
    TE.tap(({ run }) => unlessAsked(run, () => dataPictures(run))),
    TE.tap(({ run }) => unlessAsked(run, () => samplesBefore(run))),
    TE.bind('sofar', ({ run, written }) => (run.interrupt.asked ? TE.right({ losses: [] }) : trained(run, written))),
    TE.tap(({ run, sofar }) => finished(run, sofar)),
    TE.map(({ run }) => exitCode(run))
  )

/** The run in a folder, and its settings. */
const savedRun = (out: string, changes: readonly string[] = []) =>
  pipe(
    onlyWriter(out),
    TE.flatMap(() => loadCheckpoint(out)),
    TE.bindTo('saved'),
    TE.bind('settings', ({ saved }) => TE.fromEither(settingsAgain(saved.flags, changes, out)))
  )

/** Keeps a run that is not over from being lost by starting another one in its folder. */
const free = ({ out, overwrite }: Settings): TE.TaskEither<Failure, void> =>
  overwrite
    ? TE.right(undefined)
    : pipe(
        TE.fromTask(savedRun(out)),
        TE.filterOrElse(
          (found) =>
            E.isLeft(found) ||
            found.right.saved.place.step === 0 ||
            found.right.saved.place.epoch > found.right.settings.epochs,
          () =>
            failure(
              'usage',
              `${checkpointFile(out)} is of a run that is not over: --resume ${out} goes on with it, --overwrite starts anew, --out names another folder`
            )
        ),
        TE.map(() => undefined)
      )

const perform = (task: Task): TE.TaskEither<Failure, ExitCode> => {
  switch (task.kind) {
    case 'train':
      return pipe(
        free(task.settings),
        TE.flatMap(() => train(task.settings))
      )
    case 'resume':
      return pipe(
        savedRun(task.out, task.changes),
        TE.flatMap(({ saved, settings }) => train(settings, saved))
      )
    case 'sample': {
      const { samples: count, device, steps: _trained, ...rest } = task.settings
      return drawFrom({ ...rest, model: task.model, count, ...(device !== undefined && { device }) })
    }
  }
}

void runProgram(pipe(TE.fromEither(readTask(process.argv.slice(2))), TE.flatMap(perform)))
