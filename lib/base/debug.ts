let level = 0

/**
 * Sets how much is printed to stderr while functions are compiled: 0 nothing (the default), 1 every plan, 2 also the
 * source of its kernels, 3 also the graph after each pass.
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

/** Prints a text if the level is at least `from`. The text is built only then. */
export const debug = (from: 1 | 2 | 3, text: () => string): void => {
  if (level >= from) console.error(text())
}

export const debugLevel = (): number => level
