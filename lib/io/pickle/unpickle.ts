import * as E from 'fp-ts/Either'
import { Machine } from './machine.ts'
import type { Host } from './machine.ts'
import { opcodes } from './opcodes.ts'
import type { PickleValue } from './values.ts'

/**
 * A longer program is refused. torch.save takes some forty opcodes for a tensor, so these are twenty-five thousand; and
 * as an opcode of one byte can make an object of a hundred and more, they bound what a pickle takes.
 */
export const mostOpcodes = 2 ** 20

const hex = (byte: number): string => `0x${byte.toString(16).padStart(2, '0')}`

/**
 * What a pickle of protocol 2 to 5 builds, or what is wrong with it. It runs nothing: whatever is not a plain value, a
 * tuple, a list or a dict is asked of the host by its name. Time and memory are linear in the bytes: values are shared
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
