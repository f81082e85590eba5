import { compile } from '../compile/index.ts'
import { argumentRow, mul } from '../core/primitives.ts'
import { TesseraError } from '../base/raise.ts'
import { node } from '../core/tensor.ts'
import type { Buffer, Engine } from './engine.ts'

/** A third and float32's largest odd integer, which half precision lacks, and the ends of float32's range. */
const written = Float32Array.of(1 / 3, 2 ** 24 - 1, 1e30, -1e-30)
const shape = [written.length]

/** Exact in float32, so the results must match to the bit. Two results, which are drawn together. */
const x = node(argumentRow, { shape, position: 0 })
const results = [mul(x, 2), mul(x, -0.5)]
const expected = [written.map((v) => v * 2), written.map((v) => v * -0.5)]

/** Runs a small version of a training step: an upload, a program that draws, a read. */
const computed = (engine: Engine): readonly Float32Array[] => {
  const { steps, leaves, outputs } = compile(results, engine)
  const buffers: Buffer[] = []
  for (const [i] of leaves) buffers[i] = engine.upload(written, shape)
  for (const step of steps) {
    const inputs = step.inputs.map((i) => buffers[i]!)
    const made = engine.run(step.source(), inputs, step.shape, step.targets, step.targets > step.outputs.length)
    made.forEach((buffer, k) => (buffers[step.outputs[k]!] = buffer))
  }
  return outputs.map((i) => engine.download(buffers[i]!, shape))
}

/** Throws if a backend does not compute correctly in float32; leaves the backend as if new. */
export const probe = (engine: Engine): void => {
  const found = computed(engine)
  found.forEach((numbers, k) => {
    const wanted = expected[k]!
    if (numbers.every((v, i) => Object.is(v, wanted[i]))) return
    const [got, not] = [numbers.join(', '), wanted.join(', ')]
    throw new TesseraError(`${engine.name}: does not compute in float32: a test gave ${got}, not ${not}`)
  })
  engine.reset()
}
