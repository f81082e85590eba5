import type { Machine } from './machine.ts'
import { Dict, other } from './values.ts'
import type { PickleValue } from './values.ts'

type Opcode = (m: Machine) => void

const tuple = (items: PickleValue[]): PickleValue => ({ kind: 'tuple', items })
const list = (items: PickleValue[]): PickleValue => ({ kind: 'list', items })

const tupleOf =
  (size: number): Opcode =>
  (m) => {
    const items: PickleValue[] = []
    for (let i = 0; i < size; i++) items.push(m.pop())
    m.push(tuple(items.reverse()))
  }

const skipped = (m: Machine, size: number): void => {
  m.take(size)
  m.push(other('bytes'))
}

const dict = (m: Machine): void => {
  const items = m.sinceMark()
  m.push(new Dict())
  m.setItems(items)
}

const protocol = (m: Machine): void => {
  const version = m.uint8()
  if (version < 2 || version > 5) m.complain(`the pickle is of protocol ${version}, not 2 to 5`)
}

const frame = (m: Machine): void => {
  const size = m.uint64()
  if (!m.has(size)) m.complain(`the pickle ends within a frame of ${size} bytes`)
}

const stackGlobal = (m: Machine): void => {
  const [name, module] = [m.pop(), m.pop()]
  if (typeof name === 'string' && typeof module === 'string') m.find(`${module}.${name}`)
  else m.complain('the name of a global is no text')
}

const instance = (m: Machine): void => {
  m.find(`${m.line()}.${m.line()}`)
  m.complain('the pickle makes an instance of a class')
}

const setItem = (m: Machine): void => {
  const [value, key] = [m.pop(), m.pop()]
  m.setItems([key, value])
}

const memoised =
  (read: (m: Machine) => number, then: (m: Machine, index: number) => void): Opcode =>
  (m) =>
    then(m, read(m))

const keep = (m: Machine, index: number): void => m.keep(index)
const recall = (m: Machine, index: number): void => m.recall(index)

/** The opcodes of protocols 2 to 5 (Python's pickletools.py) that plain values, dicts, lists and tensors need. */
export const opcodes: ReadonlyMap<number, Opcode> = new Map<number, Opcode>([
  [0x80, protocol],
  [0x95, frame],
  [0x2e, (m) => m.stop()], // .

  [0x4e, (m) => m.push(null)], // N
  [0x88, (m) => m.push(true)],
  [0x89, (m) => m.push(false)],
  [0x4b, (m) => m.push(m.uint8())], // K
  [0x4d, (m) => m.push(m.uint16())], // M
  [0x4a, (m) => m.push(m.int32())], // J
  [0x8a, (m) => m.push(m.long(m.uint8()))],
  [0x8b, (m) => m.push(m.long(m.uint32()))],
  [0x47, (m) => m.push(m.float64())], // G

  [0x58, (m) => m.push(m.text(m.uint32()))], // X
  [0x8c, (m) => m.push(m.text(m.uint8()))],
  [0x8d, (m) => m.push(m.text(m.uint64()))],
  [0x54, (m) => m.push(m.text(m.uint32()))], // T: texts of Python 2
  [0x55, (m) => m.push(m.text(m.uint8()))], // U
  [0x42, (m) => skipped(m, m.uint32())], // B
  [0x43, (m) => skipped(m, m.uint8())], // C
  [0x8e, (m) => skipped(m, m.uint64())],
  [0x96, (m) => skipped(m, m.uint64())],

  [0x28, (m) => m.mark()], // (
  [0x30, (m) => void m.pop()], // 0
  [0x31, (m) => void m.sinceMark()], // 1
  [0x32, (m) => m.push(m.top())], // 2

  [0x29, tupleOf(0)], // )
  [0x85, tupleOf(1)],
  [0x86, tupleOf(2)],
  [0x87, tupleOf(3)],
  [0x74, (m) => m.push(tuple(m.sinceMark()))], // t
  [0x5d, (m) => m.push(list([]))], // ]
  [0x6c, (m) => m.push(list(m.sinceMark()))], // l
  [0x61, (m) => m.append([m.pop()])], // a
  [0x65, (m) => m.append(m.sinceMark())], // e
  [0x7d, (m) => m.push(new Dict())], // }
  [0x64, dict], // d
  [0x73, setItem], // s
  [0x75, (m) => m.setItems(m.sinceMark())], // u
  // a set is treated as a list, since nothing reads it
  [0x8f, (m) => m.push(list([]))],
  [0x90, (m) => m.append(m.sinceMark())],
  [0x91, (m) => m.push(tuple(m.sinceMark()))],

  [0x71, memoised((m) => m.uint8(), keep)], // q
  [0x72, memoised((m) => m.uint32(), keep)], // r
  [0x94, (m) => m.keep()],
  [0x68, memoised((m) => m.uint8(), recall)], // h
  [0x6a, memoised((m) => m.uint32(), recall)], // j

  [0x63, (m) => m.find(`${m.line()}.${m.line()}`)], // c
  [0x93, stackGlobal],
  [0x69, instance], // i
  [0x52, (m) => m.call()], // R
  [0x62, (m) => m.build()], // b
  [0x51, (m) => m.load()] // Q
])
