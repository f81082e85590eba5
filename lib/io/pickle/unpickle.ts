import * as E from 'fp-ts/Either'
import { Machine } from './machine.ts'
import type { Host } from './machine.ts'
import { opcodes } from './opcodes.ts'
import type { PickleValue } from './values.ts'

/**
 * A longer program is refused. torch.save uses about forty opcodes for a tensor, so this is twenty-five thousand
 * tensors. An opcode of one byte can make an object of a hundred bytes and more, so this also bounds the memory of a
 * pickle.
 */
export const mostOpcodes = 2 ** 20

const hex = (byte: number): string => `0x${byte.toString(16).padStart(2, '0')}`

/**
 * The value of a pickle of protocol 2 to 5, or what is wrong with it. It executes nothing: anything but plain values,
 * tuples, lists and dicts is resolved by the host. Time and memory are linear in the bytes, because values are shared
 * as the pickle shares them, and never copied.
 */
export const unpickle = (bytes: Uint8Array, host: Host): E.Either<string, PickleValue> => {
  const machine = new Machine(bytes, host)
  for (let steps = 0; machine.result === undefined && machine.fault === undefined; steps++) {
    const byte = machine.uint8()
    if (machine.fault !== undefined) break
    const opcode = opcodes.get(byte)
    if (opcode === undefined) machine.complain(`the opcode ${hex(byte)} at byte ${machine.at - 1} is in no state dict`)
    else if (steps >= mostOpcodes) machine.complain(`the pickle has more than ${mostOpcodes} opcodes`)
    else opcode(machine)
  }
  return machine.fault === undefined && machine.result !== undefined
    ? E.right(machine.result)
    : E.left(machine.fault ?? 'the pickle builds nothing')
}
