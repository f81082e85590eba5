import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import * as t from 'tessera'
import { damages } from './damage.ts'
import { tryAll } from './trial.ts'
import type { Trial } from './trial.ts'

const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

/** Damages of a checkpoint of a run: each must be noticed. */
export const damagedCheckpoints = (path: string, count: number, seed: number): Promise<Trial> => {
  const file = new Uint8Array(readFileSync(path))
  return tryAll(
    'damaged checkpoints (safetensors): refused',
    fc.sample(damages, { seed, numRuns: count }),
    (damage) => {
      const bytes = damage(file)
      return isSame(bytes, file) || t.decodeModel(bytes)._tag === 'Left' ? undefined : 'it was read as if nothing was'
    }
  )
}

/** Damages of a file of PyTorch's kind: each must be noticed, or have changed no number. */
export const damagedPyTorch = (path: string, count: number, seed: number): Promise<Trial> => {
  const stored = t.decodeModel(new Uint8Array(readFileSync(path)))
  const tensors = stored._tag === 'Right' ? stored.right.tensors : {}
  const file = t.encodePyTorch(tensors)
  const plain = t.encodeSafetensors(tensors)
  return tryAll(
    'damaged .pt files: refused, or no number changed',
    fc.sample(damages, { seed, numRuns: count }),
    (damage) => {
      const read = t.decodePyTorch(damage(file))
      return read._tag === 'Left' || isSame(t.encodeSafetensors(read.right.tensors), plain)
        ? undefined
        : 'other numbers were read'
    }
  )
}
