import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as t from 'tessera'
import { toNamed, unet } from 'tessera/models'
import type { Named } from 'tessera/models'
import type { Handed, Place } from './protocol.ts'
import { drawn, noiseKey, schedule } from './training.ts'
import { checkedMoments, checkedSteps } from './checked.ts'
import { timesteps } from './work.ts'
import type { Task } from './work.ts'

/** Numbers between -1 and 1 that look random and are always the same (a linear congruence). */
export const numbersFrom = (seed: number, count: number): Float32Array => {
  let state = seed >>> 0
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, d) => size * d, 1)

/** The U-Net's parameters before any training. */
export const initialParams = (): Named => {
  const model = unet({ steps: timesteps })
  return toNamed(model, model.init(t.key(0)))
}

const read = async (x: t.Tensor): Promise<Named[string]> => ({
  shape: x.shape,
  data: Float32Array.from(await t.reference.read(x))
})

/** Timesteps, noise, and the coefficients of the schedule: for those who do not draw them from the key. */
const trainingInputs = async ({ shapes }: Task): Promise<Named> => {
  const { ts, eta } = drawn(noiseKey, shapes.x0!)
  const { signal, noise } = schedule.tables
  return { ts: await read(ts), eta: await read(eta), signal: await read(signal), noise: await read(noise) }
}

const timestepsOf = (images: number): Named[string] => ({
  shape: [images],
  data: Float32Array.from({ length: images }, (_, i) => (i * 389) % timesteps)
})

const tensorsOf = async (task: Task): Promise<Named> => {
  const plain = Object.entries(task.shapes).map(
    ([name, shape], i) => [name, { shape, data: numbersFrom(i + 1, sizeOf(shape)) }] as const
  )
  if (task.kind === 'train-step') return { ...Object.fromEntries(plain), ...(await trainingInputs(task)) }
  return { ...Object.fromEntries(plain), ...(task.kind === 'forward' && { ts: timestepsOf(task.shapes.ts![0]!) }) }
}

const placesOf = (tensors: Named, from: number): Readonly<Record<string, Place>> => {
  let at = from
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, data }]) => {
      const place = { shape, at }
      at += data.length
      return [name, place]
    })
  )
}

const usesNet = ({ kind }: Task): boolean => kind === 'forward' || kind === 'train-step'

const numbersIn = (tensors: Named): readonly Float32Array[] => Object.values(tensors).map(({ data }) => data)

/** Writes a task's inputs into a file of the folder, and says what lies where. */
export const handOver = async (task: Task, folder: string, goal: number): Promise<Omit<Handed, 'result'>> => {
  const [tensors, params] = [await tensorsOf(task), usesNet(task) ? initialParams() : {}]
  const parts = [...numbersIn(tensors), ...numbersIn(params)]
  const file = join(folder, `${task.name}.f32`)
  await writeFile(file, Buffer.concat(parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength))))
  const before = numbersIn(tensors).reduce((sum, { length }) => sum + length, 0)
  return {
    moments: task.kind === 'train-step' ? checkedMoments : [],
    name: task.name,
    kind: task.kind,
    file,
    tensors: placesOf(tensors, 0),
    params: placesOf(params, before),
    goal
  }
}

/** The lengths of the tensors that a task's result is made of; it is one where nothing is said. */
export const partsOf = ({ params, moments }: Pick<Handed, 'params' | 'moments'>): readonly number[] =>
  moments.length === 0 ? [] : [checkedSteps, ...moments.map((name) => sizeOf(params[name]?.shape ?? []))]
