let level = 0

/**
 * How much is printed while functions are compiled: 0 nothing, 1 each plan, 2 also the source of its kernels,
 * 3 also what each stage made.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * t.setDebug(0)
 * ```
 */
export const setDebug = (to: 0 | 1 | 2 | 3): void => {
  level = to
}

/** Prints where the level is at least `from`; the text is made only then. */
export const debug = (from: 1 | 2 | 3, text: () => string): void => {
  if (level >= from) console.error(text())
}

export const debugLevel = (): number => level
