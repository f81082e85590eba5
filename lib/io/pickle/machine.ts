import { shorten } from '../quote.ts'
import { Dict, kindOf, other } from './values.ts'
import type { GlobalName, PickleValue } from './values.ts'

/** Resolves everything that leads out of the pickle, to a value or a `Fault`. */
export interface Host {
  find(name: string): PickleValue | Fault
  call(name: string, args: readonly PickleValue[]): PickleValue | Fault
  load(id: PickleValue): PickleValue | Fault
}

/** What is wrong, as text. */
export interface Fault {
  readonly fault: string
}

export const fault = (text: string): Fault => ({ fault: text })

const isFault = (x: PickleValue | Fault): x is Fault => typeof x === 'object' && x !== null && 'fault' in x

const newline = 0x0a

/**
 * The stack machine that runs pickles. The first error is recorded as a fault, and the caller stops the machine. Until
 * then it continues with `None` in place of anything missing. So nothing here throws, and nothing is allocated by a
 * size that the bytes don't have.
 */
export class Machine {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #host: Host
  readonly #stack: PickleValue[] = []
  readonly #marks: number[] = []
  readonly #memo = new Map<number, PickleValue>()
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  #at = 0
  #fault: string | undefined
  #result: PickleValue | undefined

  constructor(bytes: Uint8Array, host: Host) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#host = host
  }

  get at(): number {
    return this.#at
  }

  get fault(): string | undefined {
    return this.#fault
  }

  get result(): PickleValue | undefined {
    return this.#result
  }

  complain(text: string): void {
    this.#fault ??= text
  }

  // ---- the bytes ----

  has(size: number): boolean {
    return size <= this.#bytes.length - this.#at
  }

  /** The position of the next `size` bytes, or undefined if there are fewer. */
  #skip(size: number): number | undefined {
    if (!this.has(size)) {
      this.complain(`the pickle ends at byte ${this.#bytes.length}, within a value of ${size} bytes`)
      return undefined
    }
    this.#at += size
    return this.#at - size
  }

  /** The next `size` bytes, or no bytes if there are fewer. */
  take(size: number): Uint8Array {
    const at = this.#skip(size)
    return at === undefined ? this.#bytes.subarray(0, 0) : this.#bytes.subarray(at, this.#at)
  }

  uint8(): number {
    const at = this.#skip(1)
    return at === undefined ? 0 : this.#bytes[at]!
  }

  uint16(): number {
    const at = this.#skip(2)
    return at === undefined ? 0 : this.#view.getUint16(at, true)
  }

  int32(): number {
    const at = this.#skip(4)
    return at === undefined ? 0 : this.#view.getInt32(at, true)
  }

  uint32(): number {
    return this.int32() >>> 0
  }

  /** A length. One that is too large for a precise number is longer than any file. */
  uint64(): number {
    const at = this.#skip(8)
    return at === undefined ? 0 : Number(this.#view.getBigUint64(at, true))
  }

  float64(): number {
    const at = this.#skip(8)
    return at === undefined ? 0 : this.#view.getFloat64(at, false)
  }

  text(size: number): string {
    try {
      return this.#decoder.decode(this.take(size))
    } catch {
      this.complain(`the text that ends at byte ${this.#at} is not UTF-8`)
      return ''
    }
  }

  line(): string {
    const end = this.#bytes.indexOf(newline, this.#at)
    if (end < 0) {
      this.complain('the pickle ends within a line')
      return ''
    }
    const text = this.text(end - this.#at)
    this.#at++
    return text
  }

  // ---- the stack ----

  push(value: PickleValue): void {
    this.#stack.push(value)
  }

  pop(): PickleValue {
    if (this.#stack.length > (this.#marks.at(-1) ?? 0)) return this.#stack.pop()!
    this.complain(`byte ${this.#at - 1} takes a value off an empty stack`)
    return null
  }

  top(): PickleValue {
    const value = this.pop()
    this.push(value)
    return value
  }

  mark(): void {
    this.#marks.push(this.#stack.length)
  }

  /** What was pushed since the last mark. */
  sinceMark(): PickleValue[] {
    const from = this.#marks.pop()
    if (from !== undefined) return this.#stack.splice(from)
    this.complain(`byte ${this.#at - 1} wants a mark, and there is none`)
    return []
  }

  stop(): void {
    this.#result = this.pop()
  }

  // ---- the memo ----

  keep(index = this.#memo.size): void {
    this.#memo.set(index, this.top())
  }

  recall(index: number): void {
    const value = this.#memo.get(index)
    if (value === undefined) this.complain(`byte ${this.#at - 1} recalls value ${index}, which was never kept`)
    this.push(value ?? null)
  }

  // ---- the values it builds ----

  append(items: readonly PickleValue[]): void {
    const list = this.top()
    if (typeof list === 'object' && list !== null && list.kind === 'list')
      for (const item of items) list.items.push(item)
    else this.complain(`byte ${this.#at - 1} appends to ${kindOf(list)}`)
  }

  /** Keys and values in turn. */
  setItems(items: readonly PickleValue[]): void {
    const dict = this.top()
    if (!(dict instanceof Dict)) this.complain(`byte ${this.#at - 1} sets an item of ${kindOf(dict)}`)
    else if (items.length % 2 !== 0) this.complain(`byte ${this.#at - 1} sets a key without a value`)
    else
      for (let i = 0; i < items.length; i += 2)
        if (!dict.set(items[i]!, items[i + 1]!)) this.complain(`a dict has ${keyText(items[i]!)} twice`)
  }

  /** Ignores attributes, such as the versions of modules in an OrderedDict: they are not tensors. */
  build(): void {
    this.pop()
    const built = this.top()
    if (!(built instanceof Dict)) this.complain(`byte ${this.#at - 1} gives attributes to ${kindOf(built)}`)
  }

  // ---- the host ----

  #take(found: PickleValue | Fault): void {
    if (isFault(found)) this.complain(found.fault)
    this.push(isFault(found) ? null : found)
  }

  find(name: string): void {
    this.#take(this.#host.find(name))
  }

  call(): void {
    const [args, callee] = [this.pop(), this.pop()]
    if (!isGlobal(callee) || typeof args !== 'object' || args === null || args.kind !== 'tuple')
      this.complain(`byte ${this.#at - 1} calls ${kindOf(callee)} with ${kindOf(args)}`)
    else this.#take(this.#host.call(callee.name, args.items))
  }

  load(): void {
    this.#take(this.#host.load(this.pop()))
  }

  /** A little-endian whole number of `size` bytes, in two's complement. */
  long(size: number): PickleValue {
    const bytes = this.take(size)
    if (bytes.length > 8) return other(`an int of ${bytes.length} bytes`)
    let value = 0n
    for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!)
    const signed = Number(BigInt.asIntN(8 * bytes.length, value))
    return Number.isSafeInteger(signed) ? signed : other('an int beyond 2^53')
  }
}

const isGlobal = (value: PickleValue): value is GlobalName =>
  typeof value === 'object' && value !== null && value.kind === 'global'

const keyText = (key: PickleValue): string => (typeof key === 'string' ? JSON.stringify(shorten(key)) : kindOf(key))
