import * as t from 'tessera'
import type { Settings } from './settings.ts'

/** How the parameters are trained, and which of them samples are drawn with. */
export interface Recipe<P> {
  readonly optimiser: t.Optimiser<P, unknown>
  /** The average of the parameters if the run keeps one, else the parameters themselves. */
  readonly drawnWith: (state: { readonly params: P; readonly optState: unknown }) => P
}

/** A warm-up takes at most this share of a run, so that a short run is not over before it. */
const longestWarmup = 0.1

/** The factor of the learning rate, if it changes at all. */
const rateOf = ({ warmup, lrDecay }: Settings, steps: number): t.RateSchedule | undefined => {
  const first = Math.min(warmup, Math.floor(longestWarmup * steps))
  if (lrDecay === 'cosine') return t.warmupCosine({ warmup: first, steps })
  return first === 0 ? undefined : (step) => t.minimum(t.div(step, first), 1)
}

/** Forgets the type of the state. A run only hands an optimiser states that it made itself. */
const opaque = <P, S>(optimiser: t.Optimiser<P, S>): t.Optimiser<P, unknown> => optimiser as t.Optimiser<P, unknown>

/** The recipe that the settings ask for, for a run of so many steps. */
export const recipeOf = <P>(settings: Settings, steps: number): Recipe<P> => {
  const { optimiser: name, lr, clipNorm, ema } = settings
  const plain = t.optimisers[name]<P>({ lr })
  const clipped = clipNorm === 0 ? plain : t.clipNorm(plain, { norm: clipNorm })
  const rate = rateOf(settings, steps)
  const rated = rate === undefined ? clipped : opaque(t.withRate(clipped, rate))
  if (ema === 0) return { optimiser: rated, drawnWith: ({ params }) => params }
  const averaged = t.withAverage(rated, { decay: ema })
  return {
    optimiser: opaque(averaged),
    drawnWith: ({ optState }) => (optState as t.AveragedState<P, unknown>).average
  }
}
