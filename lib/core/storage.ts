/**
 * The place of the numbers of a computed or given tensor. The tensor is immutable, but its numbers may move between
 * host and device unnoticed.
 */
export interface Storage {
  /** The numbers, row-major, if they are on the host already, so that looking at them is free. */
  readonly host?: ArrayLike<number>
  /** A copy on the host, row-major. */
  read(): ArrayLike<number>
  /** Frees device memory. Reading afterwards raises. */
  dispose(): void
}
