import { raise } from '../base/raise.ts'

const positive = (name: string, value: number): number =>
  Number.isSafeInteger(value) && value >= 1
    ? value
    : raise('denoisingFrames', `${name} must be a positive whole number: ${value}`)

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
 * assert.deepStrictEqual(t.denoisingFrames(10, 4), [9, 6, 3, 0])
 * assert.deepStrictEqual(t.denoisingFrames(3), [2, 1, 0])
 * assert.strictEqual(t.denoisingFrames(1000).length, 100)
 * ```
 */
export const denoisingFrames = (steps: number, count = 100): readonly number[] => {
  const [last, intervals] = [positive('steps', steps) - 1, Math.max(1, positive('count', count) - 1)]
  const named = Array.from({ length: intervals }, (_, k) => Math.floor((k * steps) / intervals))
  const taken = new Set([...named, last])
  return Array.from(taken, (i) => last - i).sort((a, b) => b - a)
}

/**
 * A film that stands still at its end: the last frame, repeated `times` more.
 *
 * @example
 * ```ts
 * import * as t from 'tessera'
 * assert.deepStrictEqual(t.holdLast(['noise', 'digit'], 2), ['noise', 'digit', 'digit', 'digit'])
 * ```
 */
export const holdLast = <A>(frames: readonly A[], times = 33): readonly A[] => [
  ...frames,
  ...Array.from({ length: times }, () => frames.slice(-1)).flat()
]
