import { reason } from '../../base/failure.ts'
import { TesseraError } from '../../base/raise.ts'

/** The results that existed only on a lost device. */
export interface Holdings {
  /** Results that were on the device only. */
  readonly results: number
  /** Their bytes. */
  readonly bytes: number
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`

const lossText = (device: string, { results, bytes }: Holdings): string =>
  `device: ${device} is gone (its GL context was lost), and with it ${results} result${results === 1 ? '' : 's'} ` +
  `(${megabytes(bytes)}) that lay there: open another device and continue from numbers that were read before`

/**
 * The device is lost: its driver was reset, a laptop slept, or a page had too many contexts. Everything on it is gone. GL
 * itself would go on and return zeros.
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

/** A listener for the loss of a device. */
export type OnLost = (error: DeviceLostError) => void

/** The state of a device: a lost one stays lost, as a restored context has none of its textures and programs. */
export class DeviceLoss {
  #error: DeviceLostError | undefined
  readonly #listeners = new Set<OnLost>()
  /** Counts what the device holds now. */
  holdings: () => Holdings = () => ({ results: 0, bytes: 0 })
  constructor(
    readonly device: string,
    readonly isGone: () => boolean
  ) {}

  /** Throws if the device is lost. */
  check(): void {
    if (this.#error || this.isGone()) throw this.notice()
  }

  /** Marks the device as lost and calls the listeners. */
  notice(): DeviceLostError {
    if (this.#error) return this.#error
    const error = new DeviceLostError(this.device, this.holdings())
    this.#error = error
    this.#listeners.forEach((listener) => tell(listener, error))
    this.#listeners.clear()
    return error
  }

  /** Adds a listener, which is called once; returns a function that removes it. */
  listen(listener: OnLost): () => void {
    if (this.#error) tell(listener, this.#error)
    else this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** An error of a backend as one of the library's: on a lost context, the loss explains any error. */
  explained(thrown: unknown): Error {
    if (this.#error || this.isGone() || isDestroyed(thrown)) return this.notice()
    if (thrown instanceof TesseraError) return thrown
    return new TesseraError(`device: ${this.device} failed: ${reason(thrown)}`, { cause: thrown })
  }
}

/** headless-gl's message for a destroyed context, which it never reports as lost. */
const isDestroyed = (thrown: unknown): boolean => /invalid gl context/i.test(reason(thrown))

/** An error in a listener must not reach the code that noticed the loss. */
const tell = (listener: OnLost, error: DeviceLostError): void => {
  try {
    listener(error)
  } catch (thrown) {
    queueMicrotask(() => {
      throw thrown
    })
  }
}
