import * as E from 'fp-ts/Either'
import type * as TE from 'fp-ts/TaskEither'
import type { Failure } from '../base/failure.ts'

/**
 * Reduces an asynchronous sequence, such as the records of a run, by a function that may fail. It stops at the first
 * failure, and where `enough` says so after an event; then the sequence is asked for nothing more.
 *
 * @example
 * ```ts
 * import * as TE from 'fp-ts/TaskEither'
 * import { foldUntil } from 'tessera/train'
 * async function* counting() {
 *   for (let i = 1; ; i++) yield await Promise.resolve(i)
 * }
 * let last = 0
 * const sum = foldUntil(counting(), 0, (total, i) => TE.right(total + (last = i)), () => last === 4)
 * assert.deepStrictEqual(await sum(), { _tag: 'Right', right: 10 })
 * ```
 */
export const foldUntil =
  <X, A>(
    events: AsyncIterable<X>,
    initial: A,
    next: (total: A, event: X) => TE.TaskEither<Failure, A>,
    enough: () => boolean
  ): TE.TaskEither<Failure, A> =>
  async () => {
    let total = initial
    for await (const event of events) {
      const result = await next(total, event)()
      if (E.isLeft(result)) return result
      total = result.right
      if (enough()) break
    }
    return E.right(total)
  }
