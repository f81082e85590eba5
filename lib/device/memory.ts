import { held } from '../core/create.ts'
import { raise, showShape } from '../base/raise.ts'
import { sizeOf, type Shape } from '../core/shape.ts'
import type { Held } from '../core/primitives.ts'
import type { Storage } from '../core/storage.ts'
import type { Tensor } from '../core/tensor.ts'
import { Ballasts, type Ballast } from './ballast.ts'
import { weightOf, type Buffer, type Engine } from './engine.ts'
import { residentOf, Residents, type Cell, type Resident } from './residents.ts'

/** Elements: a result this small moves to the host when it is read, which frees its texture at once. */
const small = 1 << 16

/** A storage's share of a buffer. It is apart from the storage, so that a finaliser can give it back. */
interface Share {
  resident: Resident | undefined
}

/** The numbers of a tensor: on a device, or moved to the host. */
class DeviceStorage implements Storage {
  readonly share: Share
  #cell: Cell | undefined
  #host: Float32Array | undefined
  #ballast: Ballast | undefined
  constructor(
    readonly memory: Memory,
    cell: Cell,
    readonly shape: Shape
  ) {
    const { resident } = cell
    resident.holders++
    this.share = { resident }
    this.#cell = cell
    this.#ballast = resident.buffer && memory.ballasts.of(weightOf(resident.buffer))
  }

  get cell(): Cell | undefined {
    return this.#cell
  }

  read(): Float32Array {
    const numbers = this.#host ?? this.#read()
    if (this.#host || sizeOf(this.shape) > small) return numbers
    this.#host = numbers
    this.#release()
    return numbers
  }

  #read(): Float32Array {
    const { engine } = this.memory
    const { saved, resident } = this.#cell ?? {}
    if (saved) return engine.unpack(saved, this.shape)
    if (resident?.buffer) return engine.download(resident.buffer, this.shape)
    return raise('read', `the tensor ${showShape(this.shape)} was disposed or donated`)
  }

  /** Takes the buffer out and leaves the storage empty; undefined if another storage holds the buffer too. */
  takeOut(): Buffer | undefined {
    if (this.share.resident?.holders !== 1) return undefined
    this.#lighten(this.share.resident.buffer)
    this.#cell = undefined
    return this.memory.leave(this.share)
  }

  #release(): void {
    this.#lighten(this.share.resident?.buffer)
    this.#cell = undefined
    this.memory.release(this.share)
  }

  /** Gives the ballast to another storage. */
  #lighten(buffer: Buffer | undefined): void {
    if (buffer && this.#ballast) this.memory.ballasts.keep(weightOf(buffer), this.#ballast)
    this.#ballast = undefined
  }

  dispose(): void {
    this.#release()
    this.#host = undefined
  }
}

interface Copy {
  uses: number
  readonly share: Share
}

/** The buffers that a device holds for tensors: results, and copies of host data that is used repeatedly. */
export class Memory {
  readonly ballasts = new Ballasts()
  readonly #residents: Residents
  readonly #collected: FinalizationRegistry<Share>
  readonly #copies = new WeakMap<Storage, Copy>()

  constructor(readonly engine: Engine) {
    this.#residents = new Residents(engine)
    this.#collected = new FinalizationRegistry((share) => this.release(share))
  }

  /** Begins a run: what is lent, donated and held until `end` belongs to it. */
  begin(): void {
    this.#residents.begin()
  }

  end(): void {
    this.#residents.end()
  }

  /** Makes the tensor of a computed buffer. */
  hold(buffer: Buffer, shape: Shape): Tensor {
    const resident = residentOf(buffer)
    const cell = { resident, saved: undefined }
    resident.cell = cell
    this.#residents.use(resident)
    return this.#held(cell, shape)
  }

  /** Makes another tensor of the same buffer; each is disposed separately. */
  share(x: Tensor): Tensor {
    return this.#held(this.#own((x.attrs as Held).storage)!.cell!, x.shape)
  }

  #held(cell: Cell, shape: Shape): Tensor {
    const storage = new DeviceStorage(this, cell, shape)
    this.#collected.register(storage, storage.share)
    return held(storage, shape)
  }

  /** Whether a tensor's numbers are on the device. */
  holds(storage: Storage): boolean {
    return this.#own(storage)?.cell?.resident.buffer !== undefined
  }

  upload(data: ArrayLike<number>, shape: Shape): Buffer {
    return this.engine.upload(data, shape)
  }

  /** Ends a share; gives the buffer back to the engine if it was the last. */
  release(share: Share): void {
    const buffer = this.leave(share)
    if (buffer) this.engine.give(buffer)
  }

  /** Ends a share; returns the buffer if it was the last. */
  leave(share: Share): Buffer | undefined {
    const { resident } = share
    share.resident = undefined
    return resident && --resident.holders === 0 ? this.#residents.leave(resident) : undefined
  }

  /**
   * The buffer of a tensor's numbers, and whether the caller may reuse it. Host data is copied for one run at first (a
   * batch is used once), and kept on the device when it comes again (a weight).
   */
  lent(storage: Storage, shape: Shape): { readonly buffer: Buffer; readonly mine: boolean } {
    const own = this.#present(this.#own(storage)?.cell)
    if (own) return { buffer: own, mine: false }
    const copy = this.#copies.get(storage) ?? { uses: 0, share: { resident: undefined } }
    const { resident } = copy.share
    if (resident?.buffer) {
      this.#residents.use(resident)
      return { buffer: resident.buffer, mine: false }
    }
    const buffer = this.upload(storage.read(), shape)
    this.#copies.set(storage, copy)
    if (++copy.uses === 1) return { buffer, mine: true }
    this.#keep(storage, copy, buffer)
    return { buffer, mine: false }
  }

  /** Keeps a copy of host data until that data is collected, or there is no room. */
  #keep(storage: Storage, { share }: Copy, buffer: Buffer): void {
    if (share.resident) {
      share.resident.buffer = buffer
      this.#residents.restored(share.resident)
    } else {
      share.resident = { ...residentOf(buffer), holders: 1 }
      this.#collected.register(storage, share)
      this.#residents.use(share.resident)
    }
  }

  /** The buffer of a cell; brought back to the device if it was moved to the host. */
  #present(cell: Cell | undefined): Buffer | undefined {
    if (!cell) return undefined
    const { resident, saved } = cell
    if (!saved) this.#residents.use(resident)
    else {
      resident.buffer = this.engine.restore(saved)
      resident.cell = cell
      cell.saved = undefined
      this.#residents.restored(resident)
    }
    return resident.buffer
  }

  /**
   * The buffer of a donated tensor. If other storages hold it too, it cannot be reused: even if all of them are donated,
   * each is read at a different time.
   */
  donated(storage: Storage, shape: Shape): { readonly buffer: Buffer; readonly mine: boolean } {
    const own = this.#own(storage)
    this.#present(own?.cell)
    const taken = own?.takeOut()
    return taken ? { buffer: taken, mine: true } : this.lent(storage, shape)
  }

  /** Gives back the buffer of a donated tensor that is not needed. */
  discard(storage: Storage): void {
    this.#own(storage)?.dispose()
  }

  #own(storage: Storage): DeviceStorage | undefined {
    return storage instanceof DeviceStorage && storage.memory === this ? storage : undefined
  }
}
