/**
 * Lets timers, signals and drawing have their turn. Computing on GL never waits by itself, so a loop that only computes
 * would keep a page from drawing and a program from hearing Ctrl-C.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * let fired = false
 * setTimeout(() => (fired = true), 0)
 * await t.breathe()
 * assert.ok(fired)
 * ```
 */
export const breathe = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))
