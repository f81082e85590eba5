/**
 * Where the numbers of a computed or given tensor live. The tensor is immutable; its numbers may move
 * between host and device without anyone noticing.
 */
export interface Storage {
  /** The numbers, row-major, where they are on the host already: to look at them costs nothing. */
  readonly host?: ArrayLike<number>
  /** A copy on the host, row-major. */
  read(): ArrayLike<number>
  /** Lets go of device memory; reading afterwards raises. */
  dispose(): void
}
