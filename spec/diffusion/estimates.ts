import { mixture, type Law } from 'tessera/laws'
import * as t from '../../lib/index.ts'
import { read } from './support.ts'

// What the specs of likelihoods have in common: laws, their exact bits, and means with their errors.

/** What a generator yields last. */
export const last = async <T>(run: AsyncIterable<T>): Promise<T> => {
  let found: T | undefined
  for await (const x of run) found = x
  return found!
}

/** All that a generator yields. */
export const all = async <T>(run: AsyncIterable<T>): Promise<readonly T[]> => {
  const found: T[] = []
  for await (const x of run) found.push(x)
  return found
}

export const mean = (xs: readonly number[]): number => xs.reduce((sum, x) => sum + x, 0) / xs.length

/** The mean, and how far it may be off by chance: five standard errors, exceeded once in two million times. */
export const estimated = (xs: readonly number[]): readonly [mean: number, error: number] => {
  const m = mean(xs)
  return [m, 5 * Math.sqrt(mean(xs.map((x) => (x - m) ** 2)) / xs.length)]
}

/** Exact bits per dimension of pictures. */
export const bitsBy = async (law: Law, x0: t.Tensor): Promise<readonly number[]> => {
  const logs = await read(t.reference, law.logDensity(x0, { signal: t.scalar(1), noise: t.scalar(0) }))
  return logs.map((log) => -log / Math.LN2 / x0.shape[1]!)
}

/** The law N(m, v) of single numbers. */
export const normalLaw = (m: number, v: number): Law => mixture({ means: [[m]], variances: [[v]] })

/** A law whose denoiser mixes coordinates, so that its Jacobian is not diagonal. */
export const both = mixture({ means: [[-0.8, 0.5], [0.7, -0.4]], variances: [[0.2, 0.1], [0.1, 0.3]] }) // prettier-ignore
