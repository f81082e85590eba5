import type { Bar, Progress } from './progress.ts'

/** So few programs are compiled before anybody wonders. */
const few = 10

/** Shows programs being compiled, which is what the first step takes long for: `compiling 134/190`. */
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
