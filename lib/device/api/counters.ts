/** The counters of a device, for specs and for users. */
export interface Counters {
  /** Programs now. */
  programs: number
  /** Programs compiled so far. */
  compiled: number
  /** Kernel calls. */
  calls: number
  /** Textures (or arrays) created so far. */
  created: number
  /** Textures in use. */
  live: number
  /** Free textures. */
  pooled: number
  /** Bytes of both, and their peak. */
  bytes: number
  peakBytes: number
  /** Results moved to the host to make room. */
  spilled: number
  /** Milliseconds spent on generating and compiling programs, including the driver's part at the first draw. */
  compileMs: number
}

/** Counters at zero. */
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
