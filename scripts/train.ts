// npm run train: trains the diffusion model and draws samples of it.
import { pipe } from 'fp-ts/function'
import * as T from 'fp-ts/Task'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import * as training from 'tessera/train'
import { drawFrom } from './lib/draw.ts'
import { finiteLoss, withRecord } from './lib/history.ts'
import { logLine } from './lib/journal.ts'
import { runProgram } from './lib/program.ts'
import type { ExitCode } from './lib/program.ts'
import { exitCode } from './lib/user.ts'
import { openWorkspace } from './lib/workspace.ts'
import { afterEpoch } from './train/measures.ts'
import { finalPictures, firstPictures, tenDigits } from './train/pictures.ts'
import { noRunToLose, openLog, resumedFrom, savedRun } from './train/resume.ts'
import type { Log, SavedRun } from './train/resume.ts'
import { readInputs, runOf } from './train/run.ts'
import type { Run, UNetHistory, UNetRecord } from './train/run.ts'
import { save, saveIfBest, saveIfDue } from './train/save.ts'
import { endLine, introduce, stoppedLine, trainingScreen } from './train/screen.ts'
import type { TrainingScreen } from './train/screen.ts'
import { readTask } from './train/settings.ts'
import type { Settings, Task } from './train/settings.ts'

/** Logs, shows and stores a record, in this order: a model that is called stored is stored. */
const react = (run: Run, { journal }: Log, screen: TrainingScreen) => {
  const lookBack = afterEpoch(run, journal)
  return (history: UNetHistory, record: UNetRecord) =>
    pipe(
      record.kind === 'step' ? finiteLoss(record) : saveIfBest(run, record),
      TE.flatMap(() => journal.add(logLine(record))),
      TE.tapIO(() => () => screen.show(record)),
      TE.flatMap(() => saveIfDue(run, record)),
      TE.flatMap(() => (record.kind === 'step' ? TE.right(undefined) : lookBack(record))),
      TE.map(() => withRecord(history, record))
    )
}

/** Trains to the end of the run, or until the user asks to stop. */
const trained = (run: Run, log: Log): TE.TaskEither<t.Failure, UNetHistory> => {
  const { device, schedule, model, recipe, options, from, interrupt, progress } = run
  const history: UNetHistory = { losses: log.losses }
  if (interrupt.asked) return TE.right(history)
  const step = device.compile(training.trainStep(t.loss(schedule, model.apply), recipe.optimiser), { donate: [0] })
  const screen = trainingScreen(progress, options, device)
  return pipe(
    training.foldUntil(
      training.trainLoop(device, step, options, from),
      history,
      react(run, log, screen),
      () => interrupt.asked
    ),
    T.tapIO(() => screen.end)
  )
}

/** Stores a run that was stopped; draws the pictures of one that was not. */
const finish = (run: Run, history: UNetHistory): TE.TaskEither<t.Failure, void> => {
  const { interrupt, progress, from, settings: { out } } = run // prettier-ignore
  const { last } = history
  return interrupt.asked
    ? pipe(
        last === undefined ? TE.right(undefined) : save(run, last),
        TE.map(() => progress.say(stoppedLine(out, (last ?? from).place)))
      )
    : pipe(
        finalPictures(run, history),
        TE.map(() => progress.say(endLine(out, interrupt.asked)))
      )
}

/** What a run is told to do, or to go on with; a demo shows first what a trained model can do. */
type Start = { readonly settings: Settings; readonly demo?: boolean } & Partial<SavedRun>

const train = ({ settings, saved, demo = false }: Start): TE.TaskEither<t.Failure, ExitCode> =>
  pipe(
    openWorkspace((user) => readInputs(settings, saved !== undefined, user), settings.out, settings.device),
    TE.map((prepared) => runOf(settings, prepared)),
    TE.tap((run) => (demo ? tenDigits(run) : TE.right(undefined))),
    TE.flatMapEither(resumedFrom(saved)),
    TE.tapIO((run) => () => introduce(run, saved)),
    TE.bindTo('run'),
    TE.bind('log', ({ run }) => openLog(run, saved)),
    TE.tap(({ run }) => firstPictures(run)),
    TE.bind('history', ({ run, log }) => trained(run, log)),
    TE.tap(({ run, history }) => finish(run, history)),
    TE.map(({ run }) => exitCode(run))
  )

const perform = (task: Task): TE.TaskEither<t.Failure, ExitCode> => {
  if (task.kind === 'sample') return drawFrom(task.settings)
  return task.kind === 'resume'
    ? pipe(savedRun(task.out, task.changes), TE.flatMap(train))
    : pipe(
        noRunToLose(task.settings),
        TE.flatMap(() => train(task))
      )
}

void runProgram(pipe(TE.fromEither(readTask(process.argv.slice(2))), TE.flatMap(perform)))
