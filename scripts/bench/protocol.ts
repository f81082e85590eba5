import type { Kind } from './work.ts'

export type { Kind }

// How the program talks with the processes that compute for it: a line of JSON for each request, and one for the
// answer, which begins with a mark because libraries print what they like.

export const mark = '@bench '

/** Where a tensor lies in the file of a task's inputs: float32 numbers, row-major. */
export interface Place {
  readonly shape: readonly number[]
  /** Its first number's place, in numbers. */
  readonly at: number
}

/** A task as it is handed over. The U-Net's parameters have PyTorch's names. */
export interface Handed {
  readonly name: string
  readonly kind: Kind
  readonly file: string
  readonly tensors: Readonly<Record<string, Place>>
  readonly params: Readonly<Record<string, Place>>
  /** Of a training step: the parameters whose moments follow the losses in the result. */
  readonly moments: readonly string[]
  /** Where the result goes, as float32 numbers. */
  readonly result: string
  /** Seconds that a round should take. */
  readonly goal: number
}

/** Rates of multiply-adds and of texel fetches. */
export interface Rates {
  readonly madd: number
  readonly fetch: number
}

export type Request =
  { readonly do: 'prepare'; readonly task: Handed } | { readonly do: 'run' } | { readonly do: 'release' }

/** What a process says of itself and of what it did. */
export interface Answer {
  readonly error?: string
  /** Of one run, the mean over those of the round. */
  readonly seconds?: number
  /** The device's plain rates, in thousand millions a second. */
  readonly rates?: Rates
  /** What a process that does one thing only has measured. */
  readonly values?: Readonly<Record<string, readonly number[]>>
  /** Versions and drivers. */
  readonly facts?: Readonly<Record<string, string>>
}
