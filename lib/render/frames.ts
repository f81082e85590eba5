import { raise } from '../base/raise.ts'
import { dual } from '../core/dual.ts'
import { kindOf, options, whole } from '../core/options.ts'

const positive = (name: string, value: number): number =>
  Number.isSafeInteger(value) && value >= 1
    ? value
    : raise('denoisingFrames', `${name} must be a positive whole number: ${value}`)

/** The options of `denoisingFrames`. */
export interface FilmOptions {
  /** The number of frames; 100 by default. */
  readonly count?: number
}

/**
 * The timesteps after which a film of the denoising takes a frame, in the order of sampling: from t = T - 1, which is
 * nearly pure noise, down to t = 0.
 *
 * Step i = 0 … T - 1 of sampling is the one at t = T - 1 - i. A frame is taken after the steps trunc(linspace(0, T,
 * count)), as in the article. The last value of linspace is T, a step that does not exist: the frame after t = 0 takes
 * its place. So there are exactly `count` frames if T >= count, and one for each step otherwise.
 *
 * @param steps T, the number of timesteps
 * @throws TesseraError if T or the count is not a whole number of at least 1
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

/** The options of `holdLast`. */
export interface HoldOptions {
  /** How often the last frame is repeated; 33 by default. */
  readonly times?: number
}

/** Frames and options; or the options alone, for `pipe`. */
export interface HoldLast {
  <A>(frames: readonly A[], options?: HoldOptions): readonly A[]
  (options?: HoldOptions): <A>(frames: readonly A[]) => readonly A[]
}

/**
 * Repeats the last frame `times` more times, so that a film pauses at its end.
 *
 * @throws TesseraError if `times` is not a whole number of at least 0
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
