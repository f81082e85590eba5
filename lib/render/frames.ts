import { raise } from '../base/raise.ts'
import { dual } from '../core/dual.ts'
import { kindOf, options, whole } from '../core/options.ts'

const positive = (name: string, value: number): number =>
  Number.isSafeInteger(value) && value >= 1
    ? value
    : raise('denoisingFrames', `${name} must be a positive whole number: ${value}`)

export interface FilmOptions {
  /** How many pictures to take; 100 by default. */
  readonly count?: number
}

/**
 * After which timesteps t of a sampling run of T steps a film of the denoising takes a picture, in
 * the order in which sampling passes them (from t = T - 1, which leaves pure noise, down to t = 0).
 *
 * Sampling's step i = 0, 1, ... T - 1 is the one at t = T - 1 - i. A picture is taken after the steps
 * i = trunc(linspace(0, T, count)) and after t = 0. linspace's last value is T itself, a step that no
 * run has; the picture at t = 0, step T - 1, stands in its place. So for T >= count there are exactly
 * `count` pictures; below that steps would be named more than once and count once, so that every
 * step gives one picture.
 *
 * @param steps T
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(t.denoisingFrames(10, { count: 4 }), [9, 6, 3, 0])
 * assert.deepStrictEqual(t.denoisingFrames(3), [2, 1, 0])
 * assert.strictEqual(t.denoisingFrames(1000).length, 100)
 * ```
 */
export const denoisingFrames = (steps: number, given: FilmOptions = {}): readonly number[] => {
  const { count = 100 } = options('denoisingFrames', given, { count: true })
  const [last, intervals] = [positive('steps', steps) - 1, Math.max(1, positive('count', count) - 1)]
  const named = Array.from({ length: intervals }, (_, k) => Math.floor((k * steps) / intervals))
  const taken = new Set([...named, last])
  return Array.from(taken, (i) => last - i).sort((a, b) => b - a)
}

export interface HoldOptions {
  /** How often the last frame is repeated; 33 by default. */
  readonly times?: number
}

/** Frames and options, or the options alone for `pipe`. */
export interface HoldLast {
  <A>(frames: readonly A[], options?: HoldOptions): readonly A[]
  (options?: HoldOptions): <A>(frames: readonly A[]) => readonly A[]
}

/**
 * A film that stands still at its end: the last frame, repeated `times` more.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(t.holdLast(['noise', 'digit'], { times: 2 }), ['noise', 'digit', 'digit', 'digit'])
 * ```
 */
export const holdLast = dual<HoldLast>(
  (args) => Array.isArray(args[0]) || args.length >= 2,
  (given: HoldOptions = {}) => {
    const { times = 33 } = options('holdLast', given, { times: true })
    whole('holdLast', 'times', times, 0)
    return <A>(frames: readonly A[]): readonly A[] => {
      if (!Array.isArray(frames)) raise('holdLast', `wants a list of frames first, not ${kindOf(frames)}`)
      return [...frames, ...Array.from({ length: times }, () => frames.slice(-1)).flat()]
    }
  }
)
