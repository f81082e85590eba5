import type { Bar, Progress } from './progress.ts'

/** So few kernels run before anybody wonders. */
const few = 50

/** Shows how far a first step is, which takes long for the programs being compiled: `compiling 534/790`. */
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
