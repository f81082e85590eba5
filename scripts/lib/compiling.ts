import type { Stats } from 'tessera'
import type { Bar, Progress } from './progress.ts'

/** Kernels that are compiled before anybody wonders what is going on. */
const few = 50

/** Shows how far the first step is, which takes long because its programs are compiled: `compiling 534/790`. */
export const compilingOn = (progress: Progress): ((done: number, total: number) => void) => {
  let bar: Bar | undefined
  return (done, total) => {
    if (total < few) return
    bar ??= progress.bar('compiling', total)
    bar.at(done, '')
    if (done < total) return
    bar.end()
    bar = undefined
  }
}

const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

/** What the first step did that later ones need not. */
export const compiledLine = ({ programs, traceMs, planMs, compileMs }: Stats): string =>
  `Planned in ${inSeconds(traceMs + planMs)}, compiled ${programs} programs in ${inSeconds(compileMs)}`
