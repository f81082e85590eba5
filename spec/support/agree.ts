import type { Device } from '../../lib/device/api/device.ts'
import { showGraph } from '../../lib/core/show.ts'
import type { Tensor } from '../../lib/core/tensor.ts'
import { expected } from './rounding.ts'
import { mismatch } from './tolerance.ts'

/** What a comparison looked at. */
export interface Seen {
  /** Elements compared. */
  elements: number
  /** Those held to a thousandth: where it is few, the comparison says little. */
  sharp: number
}
export const nothingSeen = (): Seen => ({ elements: 0, sharp: 0 })

/**
 * What is wrong with a device's values of some tensors, held to the float64 reference as closely as float32 allows;
 * nothing where all agree. One plan for all of them.
 */
export const disagreement = async (
  device: Device,
  outputs: readonly Tensor[],
  seen = nothingSeen()
): Promise<string | undefined> => {
  const computed = device.compute(outputs)
  const wrong: string[] = []
  for (const [i, { values, errors }] of expected(outputs).entries()) {
    const found = mismatch(await device.read(computed[i]!), values, errors)
    if (found !== undefined) wrong.push(`output ${i} of ${outputs.length} on ${device.name}: ${found}`)
    seen.elements += values.length
    seen.sharp += values.filter((v, j) => errors[j]! <= 1e-3 * (1 + Math.abs(v))).length
  }
  computed.forEach((x, i) => {
    if (x !== outputs[i]) x[Symbol.dispose]()
  })
  return wrong.length > 0 ? `${wrong.join('\n')}\n${showGraph(outputs)}` : undefined
}

/** Throws where a device disagrees with the reference. */
export const expectAgreement = async (device: Device, outputs: readonly Tensor[], seen?: Seen): Promise<void> => {
  const wrong = await disagreement(device, outputs, seen)
  if (wrong !== undefined) throw new Error(wrong)
}
