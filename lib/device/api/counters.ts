/** Counted things: what specs assert and what a user looks at. */
export interface Counters {
  /** Programs there are. */
  programs: number
  /** Programs ever compiled. */
  compiled: number
  /** Kernel calls. */
  calls: number
  /** Textures (or arrays) ever made. */
  created: number
  /** Textures in use. */
  live: number
  /** Textures waiting to be used again. */
  pooled: number
  /** Bytes of both, and the most there ever were. */
  bytes: number
  peakBytes: number
  /** Results moved to the host, to make room. */
  spilled: number
  /** Milliseconds spent on writing and compiling programs, with what the driver does of it at the first draw. */
  compileMs: number
}

export const noCounts = (): Counters => ({
  programs: 0,
  compiled: 0,
  calls: 0,
  created: 0,
  live: 0,
  pooled: 0,
  bytes: 0,
  peakBytes: 0,
  spilled: 0,
  compileMs: 0
})
