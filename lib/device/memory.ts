import { held } from '../core/create.ts'
import { raise, showShape } from '../core/raise.ts'
import { sizeOf, type Shape } from '../core/shape.ts'
import type { Storage } from '../core/storage.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Buffer, Engine } from './engine.ts'

/** A result this small moves to the host when it is read, so that its texture is free at once. */
const small = 1 << 16

/** A buffer in use, apart from the storage that holds it, so that it can be given back when that is collected. */
interface Box {
  buffer: Buffer | undefined
}

/** Numbers on a device. */
class DeviceStorage implements Storage {
  readonly box: Box
  #host: Float32Array | undefined
  constructor(
    readonly engine: Engine,
    buffer: Buffer,
    readonly shape: Shape
  ) {
    this.box = { buffer }
  }

  read(): Float32Array {
    if (this.#host) return this.#host
    const { buffer } = this.box
    if (!buffer) return raise('read', `the tensor ${showShape(this.shape)} was disposed or donated`)
    const numbers = this.engine.download(buffer, this.shape)
    if (sizeOf(this.shape) > small) return numbers
    this.#host = numbers
    this.release()
    return numbers
  }

  /** Takes the buffer out, leaving the storage empty. */
  takeOut(): Buffer | undefined {
    const { buffer } = this.box
    this.box.buffer = undefined
    return buffer
  }

  release(): void {
    const buffer = this.takeOut()
    if (buffer) this.engine.give(buffer)
  }

  dispose(): void {
    this.release()
    this.#host = undefined
  }
}

/** What a device holds for tensors: results, and copies of host numbers that are used again and again. */
export class Memory {
  readonly #engine: Engine
  readonly #collected: FinalizationRegistry<Box>
  readonly #copies = new WeakMap<Storage, { uses: number; box: Box }>()

  constructor(engine: Engine) {
    this.#engine = engine
    this.#collected = new FinalizationRegistry((box) => {
      if (box.buffer) engine.give(box.buffer)
      box.buffer = undefined
    })
  }

  /** The tensor of a computed buffer. */
  hold(buffer: Buffer, shape: Shape): Tensor {
    const storage = new DeviceStorage(this.#engine, buffer, shape)
    this.#collected.register(storage, storage.box)
    return held(storage, shape)
  }

  upload(data: ArrayLike<number>, shape: Shape): Buffer {
    return this.#engine.upload(data, shape)
  }

  /**
   * The buffer of some numbers, and whether it is the caller's to reuse. Numbers of the host are copied for the
   * moment at first (a batch is used once), for good when they come again (a weight).
   */
  lent(storage: Storage, shape: Shape): { readonly buffer: Buffer; readonly mine: boolean } {
    const own = this.#own(storage)
    if (own?.box.buffer) return { buffer: own.box.buffer, mine: false }
    const copy = this.#copies.get(storage) ?? { uses: 0, box: { buffer: undefined } }
    if (copy.box.buffer) return { buffer: copy.box.buffer, mine: false }
    const buffer = this.upload(storage.read(), shape)
    this.#copies.set(storage, copy)
    if (++copy.uses === 1) return { buffer, mine: true }
    copy.box.buffer = buffer
    this.#collected.register(storage, copy.box)
    return { buffer, mine: false }
  }

  /** The buffer of numbers that the caller gave up. */
  donated(storage: Storage, shape: Shape): { readonly buffer: Buffer; readonly mine: boolean } {
    const taken = this.#own(storage)?.takeOut()
    return taken ? { buffer: taken, mine: true } : { ...this.lent(storage, shape) }
  }

  #own(storage: Storage): DeviceStorage | undefined {
    return storage instanceof DeviceStorage && storage.engine === this.#engine ? storage : undefined
  }
}
