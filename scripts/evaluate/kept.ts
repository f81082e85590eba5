import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import { toNamed } from 'tessera/models'
import * as node from 'tessera/node'
import { fail } from 'tessera'
import type { Failure } from 'tessera'
import { inFile } from '../lib/model-file.ts'
import type { LoadedModel } from '../lib/model-file.ts'
import { usualGuidance, usualSampling } from '../lib/options.ts'
import { picture, pixels } from '../lib/reading.ts'
import type { Settings } from './settings.ts'

/** All that samples depend on: equal facts mean equal samples. */
export type Facts = Readonly<Record<string, string>>

/** Samples, one after the other. */
export interface Kept {
  readonly images: Float32Array
  readonly facts: Facts
}

/** What there is before the first sample. */
export const nothingKept: Kept = { images: new Float32Array(), facts: {} }

/** The facts that samples of a model depend on. */
export const factsOf = ({ model, params, schedule, scheduleName }: LoadedModel, settings: Settings): Facts => {
  const { seed, batch, guidance = usualGuidance } = settings
  const { sampler, variance, spacing, steps, clip } = { ...usualSampling, ...settings }
  const { classes } = model.config
  const told = classes > 0 && { classes, guidance }
  const hash = createHash('sha256')
    .update(t.encodeSafetensors(toNamed(model, params), { digest: false }))
    .digest('hex')
  const betas = `${schedule.beta[0]} to ${schedule.beta.at(-1)}`
  const drawn = { sampler, spacing, steps, variance, clip: clip === 0 ? 'none' : clip }
  const facts = { model: hash, schedule: scheduleName, betas, seed, batch, ...drawn, ...told }
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, String(value)]))
}

/** Writes samples as a safetensors file. */
export const keepSamples = (path: string, { images, facts }: Kept): TE.TaskEither<Failure, void> => {
  const samples = { shape: [images.length / pixels, ...picture], data: images }
  return pipe(
    node.ensureFolder(dirname(path)),
    TE.flatMap(() => node.writeAtomic(path, t.encodeSafetensors({ samples }, { metadata: facts })))
  )
}

const samplesOf = ({ tensors, metadata }: t.Safetensors): E.Either<Failure, Kept> => {
  const { samples } = tensors
  if (samples === undefined)
    return fail('mismatch', 'it holds no samples: name a file that npm run evaluate -- --keep wrote')
  const [count = 0, ...each] = samples.shape
  return each.join() === picture.join() && count > 0
    ? E.right({ images: samples.data, facts: metadata })
    : fail('mismatch', `its samples have the shape [${samples.shape.join()}], not [N,${picture.join()}]`)
}

/** The samples in a file. */
export const readSamples = (path: string): TE.TaskEither<Failure, Kept> =>
  pipe(
    node.readBytes(path),
    TE.flatMapEither((bytes) => inFile(path, pipe(t.decodeSafetensors(bytes), E.flatMap(samplesOf))))
  )

/** What files of older versions do not say, as there was no choice. */
const olderFacts: Facts = { schedule: 'linear', sampler: 'ddpm', spacing: 'trailing' }

const sameFacts =
  (path: string, wanted: Facts) =>
  (kept: Kept): E.Either<Failure, Kept> => {
    const facts = { ...olderFacts, ...kept.facts }
    const other = Object.keys(wanted).find((name) => facts[name] !== wanted[name])
    return other === undefined
      ? E.right(kept)
      : fail('mismatch', `${path}: its samples were drawn with another ${other}: name another file, or remove it`)
  }

/** The samples in a file, none if there is no such file. Samples with other facts are a failure. */
export const keptSamples = (path: string | undefined, facts: Facts): TE.TaskEither<Failure, Kept> =>
  path === undefined || !existsSync(path)
    ? TE.right({ ...nothingKept, facts })
    : pipe(readSamples(path), TE.flatMapEither(sameFacts(path, facts)))
