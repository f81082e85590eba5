import * as E from 'fp-ts/Either'
import type * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import type { Failure } from 'tessera'
import { breathe } from './interrupt.ts'

/** What a training step turns into the next: parameters, and what the optimiser remembers. */
export interface State<P, S> {
  readonly params: P
  readonly memory: S
}

/** One training step: the batch, its timesteps and its noise go in. The state given is used up. */
export type TrainingStep<T> = (state: T, x0: t.Tensor, ts: t.Tensor, eta: t.Tensor) => readonly [T, t.Scalar]

/** Noise, model, loss, gradients and optimiser: the graph of a training step. */
export const stepOf = <P, S>(
  schedule: t.Schedule,
  model: t.Model<P>,
  optimiser: t.Optimiser<P, S>
): TrainingStep<State<P, S>> => {
  const lossOf = t.lossStep(schedule, model)
  return (state, x0, ts, eta) => {
    const [loss, grads] = lossOf(state.params, x0, ts, eta)
    const [params, memory] = optimiser.update(grads, state.memory, state.params)
    return [{ params, memory }, loss]
  }
}

/** A training step as one plan. */
export const trainingStep = <P, S>(
  device: t.Device,
  schedule: t.Schedule,
  model: t.Model<P>,
  optimiser: t.Optimiser<P, S>
): TrainingStep<State<P, S>> => device.compile(stepOf(schedule, model, optimiser), { donate: [0] })

/** What is trained on, how long, and the randomness of it. */
export interface Course {
  readonly dataset: t.Dataset
  readonly epochs: number
  readonly batch: number
  /** Length T of the noise schedule. */
  readonly steps: number
  readonly key: t.Key
}

/** How far a run has come: all that it needs to go on, beside its state. */
export interface Place {
  /** Steps done in all, and those of them that belong to the epoch. */
  readonly step: number
  readonly epoch: number
  readonly batch: number
  /** Σ loss · n and the milliseconds of the epoch so far. */
  readonly sum: number
  readonly ms: number
  /** The lowest mean loss of an epoch; none before the first is over. */
  readonly lowest?: number
}

export const beginning: Place = { step: 0, epoch: 1, batch: 0, sum: 0, ms: 0 }

/** A state, and where in the run it is. */
export interface Stand<T> {
  readonly state: T
  readonly place: Place
}

export interface StepRecord<T> extends Stand<T> {
  readonly kind: 'step'
  /** Counted from 1, over all epochs and within one. */
  readonly step: number
  readonly epoch: number
  readonly batch: number
  readonly images: number
  readonly loss: number
  readonly ms: number
  /** As it is after the step; the next step uses it up. */
  readonly state: T
}

export interface EpochRecord<T> extends Stand<T> {
  readonly kind: 'epoch'
  readonly epoch: number
  /** Of all images of the epoch. */
  readonly meanLoss: number
  readonly seconds: number
  /** Lower than in all epochs before? */
  readonly best: boolean
}

export const batchesPerEpoch = ({ dataset, batch }: Pick<Course, 'dataset' | 'batch'>): number =>
  Math.ceil(dataset.count / batch)

/** How many images a step of the run shows: as many as any, but for the last of an epoch. */
export const imagesIn = (course: Course, step: number): number => {
  const { dataset, batch } = course
  return Math.min(batch, dataset.count - ((step - 1) % batchesPerEpoch(course)) * batch)
}

/** Where the randomness of a run comes from: a key for each use of it, and from those one for each epoch and step. */
const uses = (key: t.Key) => {
  const [order, steps] = t.split(key)
  return {
    order: (epoch: number): t.Key => t.foldIn(order!, epoch),
    step: (epoch: number, batch: number): readonly t.Key[] => t.split(t.foldIn(t.foldIn(steps!, epoch), batch))
  }
}

/** The batches of an epoch from some batch on, the same ones whenever they are asked for. */
export const batchesOf = ({ dataset, batch, key }: Course, epoch: number, from = 0): Iterable<t.Batch> =>
  t.epochBatches(dataset, uses(key).order(epoch), { batch, skip: from })

/** A batch as the tensor [N, 1, H, W]. */
export const imagesOf = ({ dataset: { height, width } }: Course, { images, size }: t.Batch): t.Tensor =>
  t.tensor(images, [size, 1, height, width])

const stepper =
  <T>(device: t.Device, step: TrainingStep<T>, course: Course) =>
  async (state: T, batch: t.Batch, keys: readonly t.Key[]): Promise<readonly [T, loss: number]> => {
    const x0 = imagesOf(course, batch)
    const [next, loss] = step(
      state,
      x0,
      t.randint(keys[0]!, [batch.size], { high: course.steps }),
      t.normal(keys[1]!, x0.shape)
    )
    return [next, (await device.read(loss))[0]!]
  }

/** Ends an epoch: its loss is Σ loss · n / |data set|. */
const epochEnd = <T>({ state, place }: Stand<T>, { dataset }: Course): EpochRecord<T> => {
  const { step, epoch, sum, ms, lowest = Infinity } = place
  const meanLoss = sum / dataset.count
  return {
    kind: 'epoch',
    epoch,
    meanLoss,
    seconds: ms / 1000,
    best: meanLoss < lowest,
    state,
    place: { ...beginning, step, epoch: epoch + 1, lowest: Math.min(lowest, meanLoss) }
  }
}

/**
 * Trains from where a run stands: a record of each step, and one of each epoch after its last step. It does the next
 * step when it is asked for the next record. What it does depends on nothing but what it is given, so that a run can
 * be taken up again anywhere and goes on as if it had never been left.
 */
export async function* training<T>(
  device: t.Device,
  step: TrainingStep<T>,
  course: Course,
  from: Stand<T>
): AsyncGenerator<StepRecord<T> | EpochRecord<T>> {
  const { step: keysOf } = uses(course.key)
  const advance = stepper(device, step, course)
  let { state, place } = from
  while (place.epoch <= course.epochs) {
    for (const images of batchesOf(course, place.epoch, place.batch)) {
      const began = performance.now()
      const { epoch } = place
      const [number, batch] = [place.step + 1, place.batch + 1]
      const [next, loss] = await advance(state, images, keysOf(epoch, batch))
      const ms = performance.now() - began
      state = next
      place = { ...place, step: number, batch, sum: place.sum + loss * images.size, ms: place.ms + ms }
      yield { kind: 'step', step: number, epoch, batch, images: images.size, loss, ms, state, place }
      await breathe()
    }
    const end = epochEnd({ state, place }, course)
    place = end.place
    yield end
  }
}

/**
 * Folds what comes one after the other, until something fails or it is enough: then no more is asked for, so
 * that a training run takes no further step.
 */
export const foldUntil =
  <X, A>(
    events: AsyncIterable<X>,
    initial: A,
    act: (sofar: A, event: X) => TE.TaskEither<Failure, A>,
    enough: () => boolean
  ): TE.TaskEither<Failure, A> =>
  async () => {
    let sofar = initial
    for await (const event of events) {
      const next = await act(sofar, event)()
      if (E.isLeft(next)) return next
      sofar = next.right
      if (enough()) break
    }
    return E.right(sofar)
  }
