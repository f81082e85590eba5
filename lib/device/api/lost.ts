import { reason } from '../../base/failure.ts'
import { TesseraError } from '../../base/raise.ts'

/** What a device held that exists nowhere else. */
export interface Holdings {
  readonly results: number
  readonly bytes: number
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`

const lossText = (device: string, { results, bytes }: Holdings): string =>
  `device: ${device} is gone (its GL context was lost), and with it ${results} result${results === 1 ? '' : 's'} ` +
  `(${megabytes(bytes)}) that lay there: open another device and go on from numbers that were read before`

/**
 * The device is gone: a driver was reset, a laptop slept, or a page had too many contexts. All that lay on it is lost;
 * GL itself would go on and give zeros.
 */
export class DeviceLostError extends TesseraError {
  constructor(
    /** The device's name. */
    readonly device: string,
    /** How many results it held, and their bytes. */
    readonly lost: Holdings
  ) {
    super(lossText(device, lost))
  }
}

export type OnLost = (error: DeviceLostError) => void

/** Whether a device is lost, for good: a context that is restored has none of its textures and programs. */
export class Loss {
  #error: DeviceLostError | undefined
  readonly #listeners = new Set<OnLost>()
  /** What the device holds now. */
  holdings: () => Holdings = () => ({ results: 0, bytes: 0 })
  constructor(
    readonly device: string,
    readonly isGone: () => boolean
  ) {}

  /** Throws where the device is gone. */
  check(): void {
    if (this.#error || this.isGone()) throw this.notice()
  }

  /** Takes the device for lost, and tells those who want to know. */
  notice(): DeviceLostError {
    if (this.#error) return this.#error
    const error = new DeviceLostError(this.device, this.holdings())
    this.#error = error
    this.#listeners.forEach((listener) => tell(listener, error))
    this.#listeners.clear()
    return error
  }

  /** Hears of the loss, once; what it gives ends the listening. */
  listen(listener: OnLost): () => void {
    if (this.#error) tell(listener, this.#error)
    else this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** What a backend threw, as one of our errors: a context that is gone explains whatever it is. */
  explained(thrown: unknown): Error {
    if (this.#error || this.isGone() || isDestroyed(thrown)) return this.notice()
    if (thrown instanceof TesseraError) return thrown
    return new TesseraError(`device: ${this.device} failed: ${reason(thrown)}`, { cause: thrown })
  }
}

/** headless-gl's word for a context that was destroyed, which never counts as lost. */
const isDestroyed = (thrown: unknown): boolean => /invalid gl context/i.test(reason(thrown))

/** What a listener throws is an error of its own, not one of whoever noticed the loss. */
const tell = (listener: OnLost, error: DeviceLostError): void => {
  try {
    listener(error)
  } catch (thrown) {
    queueMicrotask(() => {
      throw thrown
    })
  }
}
