import { join } from 'node:path'
import { pipe } from 'fp-ts/function'
import * as T from 'fp-ts/Task'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import type { Failure } from 'tessera'
import { learning, stepsIn } from './classify/learning.ts'
import type { Learnt, Lesson } from './classify/learning.ts'
import { readSettings } from './classify/settings.ts'
import type { Settings } from './classify/settings.ts'
import { saveClassifier } from './lib/classifier-file.ts'
import { loadData } from './lib/data.ts'
import { openJournal } from './lib/journal.ts'
import type { Journal } from './lib/journal.ts'
import { finite } from './lib/keeper.ts'
import { runProgram } from './lib/program.ts'
import type { ExitCode } from './lib/program.ts'
import { duration } from './lib/progress.ts'
import type { Progress } from './lib/progress.ts'
import { accuracyOf, allOf, readerOf } from './lib/reading.ts'
import { exitCode, prepared } from './lib/run.ts'
import type { Studio } from './lib/run.ts'
import { compiledLine } from './lib/screen.ts'
import { percent } from './lib/table.ts'
import { foldUntil } from './lib/training.ts'

interface Given {
  readonly train: t.Dataset
  readonly test: t.Dataset
}

interface Run extends Studio {
  readonly settings: Settings
  readonly given: Given
}

interface Sofar {
  readonly losses: readonly t.LossPoint[]
  readonly last?: Learnt
}

const nothingYet: Sofar = { losses: [] }

/** Both parts of the data set: what is learnt from, and what was never seen. */
const bothParts = (settings: Settings, progress: Progress): TE.TaskEither<Failure, Given> =>
  pipe(
    TE.Do,
    TE.bind('train', () => loadData({ ...settings, split: 'train' }, progress)),
    TE.bind('test', () => loadData({ ...settings, split: 't10k' }, progress))
  )

const introduced =
  ({ progress, given: { train, test }, settings: { epochs, batch, lr, seed, out } }: Run): (() => void) =>
  () => {
    progress.say(`Data: ${train.count} images of ${train.name} to learn from, ${test.count} to test (${train.source})`)
    progress.say(`Training: ${epochs} epochs, batches of ${batch}, lr ${lr}, seed ${seed}, into ${out}`)
  }

/** What is done with each step: it is logged, shown and kept. */
const reaction = ({ device, progress }: Run, journal: Journal, lesson: Lesson) => {
  const [all, began] = [stepsIn(lesson), performance.now()]
  const bar = progress.bar('steps', all)
  const shown = ({ step, epoch, loss }: Learnt): void => {
    if (step === 1) progress.say(compiledLine(device.stats()))
    const left = ((performance.now() - began) * (all - step)) / step
    bar.at(step, `epoch ${epoch}, loss ${loss.toFixed(4)}, ${duration(left)} left`)
  }
  const react = ({ losses }: Sofar, learnt: Learnt): TE.TaskEither<Failure, Sofar> => {
    const { step, epoch, loss, images, ms } = learnt
    return pipe(
      finite(learnt),
      TE.flatMap(() => journal.add({ step, epoch, loss, ms: Math.round(ms) })),
      TE.tapIO(() => () => shown(learnt)),
      TE.map(() => ({ losses: [...losses, { step, epoch, loss, images }], last: learnt }))
    )
  }
  return { react, end: () => bar.end() }
}

const learnt = (run: Run, journal: Journal): TE.TaskEither<Failure, Sofar> => {
  const { device, settings, given, interrupt } = run
  const lesson = { ...settings, dataset: given.train, key: t.key(settings.seed) }
  if (interrupt.asked) return TE.right(nothingYet)
  const { react, end } = reaction(run, journal, lesson)
  return pipe(
    foldUntil(learning(device, lesson), nothingYet, react, () => interrupt.asked),
    T.tapIO(() => end)
  )
}

const file = ({ out }: Settings): string => join(out, 'classifier.safetensors')

/** Tests what was learnt on images that were never seen, says how well it does, and stores it. */
const graded = (run: Run, { last, losses }: Sofar): TE.TaskEither<Failure, void> => {
  const { device, settings, given, progress, album } = run
  if (last === undefined) return TE.fromIO(() => progress.say('Stopped before the first step: there is no classifier.'))
  const { train, test } = given
  const { epochs: _, dataset, batch, lr, seed } = settings
  const { params } = last.state
  const reader = readerOf(device, params, batch)
  return pipe(
    TE.fromTask(() => reader(allOf(test))),
    TE.map(({ classes }) => accuracyOf(classes, test.labels)),
    TE.tap((accuracy) => {
      const learntFrom = { dataset, classes: train.classes, images: train.count, epochs: last.epoch, batch, lr, seed }
      return saveClassifier(file(settings), params, { ...learntFrom, accuracy, tested: test.count })
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
    prepared(({ progress }) => bothParts(settings, progress), settings.out, settings.device),
    TE.map((studio): Run => ({ ...studio, settings })),
    TE.bindTo('run'),
    TE.tapIO(({ run }) => introduced(run)),
    TE.bind('journal', () => openJournal(join(settings.out, 'log.jsonl'))),
    TE.bind('sofar', ({ run, journal }) => learnt(run, journal)),
    TE.tap(({ run, sofar }) => graded(run, sofar)),
    TE.map(({ run }) => exitCode(run))
  )

void runProgram(pipe(TE.fromEither(readSettings(process.argv.slice(2))), TE.flatMap(classify)))
