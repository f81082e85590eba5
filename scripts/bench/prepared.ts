import type { Handed, Place } from './protocol.ts'

// What every contender written in TypeScript is made of, in Node and in a browser.

/** A task that is ready to run: its inputs are where it computes, its programs are compiled. */
export interface Prepared {
  /** Of a first run, row-major. */
  result(): Promise<Float32Array>
  /** The seconds that some runs took, up to where the last of them is done. */
  time(runs: number): Promise<number>
  dispose(): void
}

/** The inputs of a task as they lie in its file. */
export interface Inputs {
  readonly task: Handed
  readonly numbers: Float32Array
}

/** A process that does the tasks in its own way. */
export interface Contender {
  readonly facts: Readonly<Record<string, string>>
  prepare(inputs: Inputs): Promise<Prepared>
}

export const timed = async (work: () => Promise<void>): Promise<number> => {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1e3
}

/** A tensor of a task's file. */
export const slice = ({ numbers }: Inputs, { at, shape }: Place): Float32Array =>
  numbers.subarray(at, at + shape.reduce((size, d) => size * d, 1))
