import { join } from 'node:path'
import { pipe } from 'fp-ts/function'
import * as T from 'fp-ts/Task'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import type { Failure } from 'tessera'
import { classifier } from 'tessera/models'
import { foldUntil } from 'tessera/train'
import type { StepRecord, TrainRecord } from 'tessera/train'
import { readSettings } from './classify/settings.ts'
import type { Settings } from './classify/settings.ts'
import { stepsIn, trainClassifier } from './classify/training.ts'
import type { ClassifierState, ClassifierTraining } from './classify/training.ts'
import { saveClassifier } from './lib/classifier-file.ts'
import { compiledLine } from './lib/compiling.ts'
import { fitting, loadData } from './lib/data.ts'
import { finiteLoss, withRecord } from './lib/history.ts'
import type { History } from './lib/history.ts'
import { logLine, openJournal } from './lib/journal.ts'
import type { Journal } from './lib/journal.ts'
import { runProgram } from './lib/program.ts'
import type { ExitCode } from './lib/program.ts'
import { duration } from './lib/progress.ts'
import type { Progress } from './lib/progress.ts'
import { accuracyOf, allOf, readerOf } from './lib/reading.ts'
import { percent } from './lib/table.ts'
import { exitCode } from './lib/user.ts'
import { openWorkspace } from './lib/workspace.ts'
import type { Workspace } from './lib/workspace.ts'

interface Inputs {
  readonly train: t.Dataset
  readonly test: t.Dataset
}

interface Run extends Workspace {
  readonly settings: Settings
  readonly inputs: Inputs
}

type ClassifierHistory = History<ClassifierState>

const noHistory: ClassifierHistory = { losses: [] }

/** Both parts of the data set: what to train on, and what to test with. */
const bothParts = (settings: Settings, progress: Progress): TE.TaskEither<Failure, Inputs> => {
  const load = (split: t.Split) =>
    pipe(loadData({ ...settings, split }, progress), TE.flatMapEither(fitting(classifier())))
  return pipe(
    TE.Do,
    TE.bind('train', () => load('train')),
    TE.bind('test', () => load('t10k'))
  )
}

const introduce =
  ({ progress, inputs: { train, test }, settings: { epochs, batch, lr, seed, out } }: Run): (() => void) =>
  () => {
    progress.say(`Data: ${train.count} images of ${train.name} to learn from, ${test.count} to test (${train.source})`)
    progress.say(`Training: ${epochs} epochs, batches of ${batch}, lr ${lr}, seed ${seed}, into ${out}`)
  }

/** Checks, logs and shows each step. */
const reaction = ({ device, progress }: Run, journal: Journal, training: ClassifierTraining) => {
  const [all, began] = [stepsIn(training), performance.now()]
  const bar = progress.bar('steps', all)
  const show = ({ step, epoch, loss }: StepRecord<unknown>): void => {
    if (step === 1) progress.say(compiledLine(device.stats()))
    const left = ((performance.now() - began) * (all - step)) / step
    bar.at(step, `epoch ${epoch}, loss ${loss.toFixed(4)}, ${duration(left)} left`)
  }
  const onStep = (record: StepRecord<ClassifierState>): TE.TaskEither<Failure, void> =>
    pipe(
      finiteLoss(record),
      TE.flatMap(() => journal.add(logLine(record))),
      TE.tapIO(() => () => show(record))
    )
  const react = (
    history: ClassifierHistory,
    record: TrainRecord<ClassifierState>
  ): TE.TaskEither<Failure, ClassifierHistory> =>
    pipe(
      record.kind === 'step' ? onStep(record) : TE.right(undefined),
      TE.map(() => withRecord(history, record))
    )
  return { react, end: () => bar.end() }
}

const trained = (run: Run, journal: Journal): TE.TaskEither<Failure, ClassifierHistory> => {
  const { device, settings, inputs, interrupt } = run
  const training = { ...settings, dataset: inputs.train, key: t.key(settings.seed) }
  if (interrupt.asked) return TE.right(noHistory)
  const { react, end } = reaction(run, journal, training)
  return pipe(
    foldUntil(trainClassifier(device, training), noHistory, react, () => interrupt.asked),
    T.tapIO(() => end)
  )
}

const file = ({ out }: Settings): string => join(out, 'classifier.safetensors')

/** Tests the classifier on images that it was not trained on, says how well it does, and stores it. */
const tested = (run: Run, { last, losses }: ClassifierHistory): TE.TaskEither<Failure, void> => {
  const { device, settings, inputs, progress, album } = run
  if (last === undefined) return TE.fromIO(() => progress.say('Stopped before the first step: there is no classifier.'))
  const { train, test } = inputs
  const { epochs: _, dataset, batch, lr, seed } = settings
  const { params } = last.state
  const reader = readerOf(device, params, batch)
  return pipe(
    TE.fromTask(() => reader(allOf(test))),
    TE.map(({ classes }) => accuracyOf(classes, test.labels)),
    TE.tap((accuracy) => {
      const origin = { dataset, classes: train.classes, images: train.count, epochs: last.epoch, batch, lr, seed }
      return saveClassifier(file(settings), params, { ...origin, accuracy, tested: test.count })
    }),
    TE.tapIO((accuracy) => () => {
      progress.say(`Test accuracy: ${percent(accuracy, 1)} of ${test.count} images`)
      progress.say(
        `${run.interrupt.asked ? 'Stopped: the classifier so far is' : 'The classifier is'} ${file(settings)}`
      )
    }),
    TE.flatMap(() => album.lossChart(losses, `Learning to read ${train.name}: cross entropy`))
  )
}

const classify = (settings: Settings): TE.TaskEither<Failure, ExitCode> =>
  pipe(
    openWorkspace(({ progress }) => bothParts(settings, progress), settings.out, settings.device),
    TE.map((workspace): Run => ({ ...workspace, settings })),
    TE.bindTo('run'),
    TE.tapIO(({ run }) => introduce(run)),
    TE.bind('journal', () => openJournal(join(settings.out, 'log.jsonl'))),
    TE.bind('history', ({ run, journal }) => trained(run, journal)),
    TE.tap(({ run, history }) => tested(run, history)),
    TE.map(({ run }) => exitCode(run))
  )

void runProgram(pipe(TE.fromEither(readSettings(process.argv.slice(2))), TE.flatMap(classify)))
