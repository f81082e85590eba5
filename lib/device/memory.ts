import { held } from '../core/create.ts'
import { raise, showShape } from '../core/raise.ts'
import { sizeOf, type Shape } from '../core/shape.ts'
import type { Held } from '../core/primitives.ts'
import type { Storage } from '../core/storage.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Buffer, Engine } from './engine.ts'

/** A result this small moves to the host when it is read, so that its texture is free at once. */
const small = 1 << 16

/** A buffer in use, and how many storages hold it. */
interface Box {
  buffer: Buffer | undefined
  holders: number
}

/** One storage's share of a box, apart from the storage, so that it can be given back when that is collected. */
interface Share {
  box: Box | undefined
}

/** Ends a share; gives the buffer where it was the last. */
const endShare = (share: Share): Buffer | undefined => {
  const { box } = share
  share.box = undefined
  if (!box || --box.holders > 0) return undefined
  const { buffer } = box
  box.buffer = undefined
  return buffer
}

/** Numbers on a device. */
class DeviceStorage implements Storage {
  readonly share: Share
  #host: Float32Array | undefined
  constructor(
    readonly engine: Engine,
    box: Box,
    readonly shape: Shape
  ) {
    box.holders++
    this.share = { box }
  }

  get buffer(): Buffer | undefined {
    return this.share.box?.buffer
  }

  read(): Float32Array {
    if (this.#host) return this.#host
    const { buffer } = this
    if (!buffer) return raise('read', `the tensor ${showShape(this.shape)} was disposed or donated`)
    const numbers = this.engine.download(buffer, this.shape)
    if (sizeOf(this.shape) > small) return numbers
    this.#host = numbers
    this.release()
    return numbers
  }

  /** Takes the buffer out, leaving the storage empty; nothing where another storage holds it too. */
  takeOut(): Buffer | undefined {
    return this.share.box?.holders === 1 ? endShare(this.share) : undefined
  }

  release(): void {
    const buffer = endShare(this.share)
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
  readonly #collected: FinalizationRegistry<Share>
  readonly #copies = new WeakMap<Storage, { uses: number; share: Share }>()

  constructor(engine: Engine) {
    this.#engine = engine
    this.#collected = new FinalizationRegistry((share) => {
      const buffer = endShare(share)
      if (buffer) engine.give(buffer)
    })
  }

  /** The tensor of a computed buffer. */
  hold(buffer: Buffer, shape: Shape): Tensor {
    return this.#held({ buffer, holders: 0 }, shape)
  }

  /** Another tensor of the same buffer: each is disposed by itself. */
  share(x: Tensor): Tensor {
    return this.#held(this.#own((x.attrs as Held).storage)!.share.box!, x.shape)
  }

  #held(box: Box, shape: Shape): Tensor {
    const storage = new DeviceStorage(this.#engine, box, shape)
    this.#collected.register(storage, storage.share)
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
    const own = this.#own(storage)?.buffer
    if (own) return { buffer: own, mine: false }
    const copy = this.#copies.get(storage) ?? { uses: 0, share: { box: undefined } }
    const copied = copy.share.box?.buffer
    if (copied) return { buffer: copied, mine: false }
    const buffer = this.upload(storage.read(), shape)
    this.#copies.set(storage, copy)
    if (++copy.uses === 1) return { buffer, mine: true }
    copy.share.box = { buffer, holders: 1 }
    this.#collected.register(storage, copy.share)
    return { buffer, mine: false }
  }

  /**
   * The buffer of numbers that the caller gave up. One that other storages hold too is nobody's to reuse: were all of
   * them given up, each would still be read at its own time.
   */
  donated(storage: Storage, shape: Shape): { readonly buffer: Buffer; readonly mine: boolean } {
    const taken = this.#own(storage)?.takeOut()
    return taken ? { buffer: taken, mine: true } : this.lent(storage, shape)
  }

  /** Gives back what the caller gave up and nobody wants any more. */
  discard(storage: Storage): void {
    this.#own(storage)?.dispose()
  }

  #own(storage: Storage): DeviceStorage | undefined {
    return storage instanceof DeviceStorage && storage.engine === this.#engine ? storage : undefined
  }
}
