import * as TE from 'fp-ts/TaskEither'
import { failure, reason } from '../../base/failure.ts'
import type { Failure } from '../../base/failure.ts'

/** The part of `fetch` that a download uses. */
export type Fetch = (url: string, init: { readonly signal: AbortSignal }) => Promise<Response>

/** Called with the bytes received so far, and their total if the server tells it. */
export type Progress = (received: number, total: number | undefined) => void

export interface TransferLimits {
  /** Give up after as many milliseconds without a byte. */
  readonly stallMs: number
  /** Give up after as many milliseconds in total. */
  readonly limitMs: number
}

/** Waits for a step of a transfer, unless a limit passes first. */
type Wait = <A>(step: Promise<A>) => Promise<A>

/** An upper bound on the size of any of the files. */
const MOST_BYTES = 2 ** 26

const seconds = (ms: number): string => `${ms / 1000} s`

/** Runs `work` within the limits, and aborts its requests at the end in any case. */
const within = async <A>(limits: TransferLimits, work: (signal: AbortSignal, wait: Wait) => Promise<A>): Promise<A> => {
  const controller = new AbortController()
  let stop: (why: Error) => void = () => undefined
  const stopped = new Promise<never>((_, reject) => {
    stop = reject
  })
  const stall = setTimeout(() => stop(new Error(`nothing came for ${seconds(limits.stallMs)}`)), limits.stallMs)
  const limit = setTimeout(() => stop(new Error(`not done after ${seconds(limits.limitMs)}`)), limits.limitMs)
  const wait: Wait = async (step) => {
    const result = await Promise.race([step, stopped])
    stall.refresh()
    return result
  }
  try {
    return await work(controller.signal, wait)
  } finally {
    clearTimeout(stall)
    clearTimeout(limit)
    controller.abort()
  }
}

const totalOf = (response: Response): number | undefined => {
  const length = Number(response.headers.get('content-length'))
  return length > 0 ? length : undefined
}

const collect = async (
  body: ReadableStream<Uint8Array>,
  wait: Wait,
  onReceived: (received: number) => void
): Promise<Uint8Array> => {
  const reader = body.getReader()
  const chunks: Uint8Array[] = []
  let received = 0
  for (let got = await wait(reader.read()); !got.done; got = await wait(reader.read())) {
    chunks.push(got.value)
    received += got.value.length
    if (received > MOST_BYTES) return Promise.reject(new Error('more came than any of the files has'))
    onReceived(received)
  }
  return Buffer.concat(chunks)
}

/** `fetch` only says "fetch failed": the reason is in the error's cause. */
const why = (thrown: unknown): string =>
  reason(thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown)

/** The bytes at an address. The failure is of kind `network`, and its message is only the reason. */
export const transfer = (
  fetch: Fetch,
  url: string,
  limits: TransferLimits,
  onProgress: Progress
): TE.TaskEither<Failure, Uint8Array> =>
  TE.tryCatch(
    () =>
      within(limits, async (signal, wait) => {
        const response = await wait(fetch(url, { signal }))
        if (!response.ok || response.body === null) return Promise.reject(new Error(`HTTP status ${response.status}`))
        return collect(response.body, wait, (received) => onProgress(received, totalOf(response)))
      }),
    (thrown) => failure('network', why(thrown))
  )
