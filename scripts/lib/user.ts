import * as TE from 'fp-ts/TaskEither'
import type { Failure } from 'tessera'
import { onInterrupt } from './interrupt.ts'
import type { Interrupt } from './interrupt.ts'
import type { ExitCode } from './program.ts'
import { progressOn } from './progress.ts'
import type { Progress } from './progress.ts'

/** How a long job shows its progress, and how the user stops it. */
export interface UserIO {
  readonly progress: Progress
  readonly interrupt: Interrupt
}

/** Progress on stdout, and Ctrl-C from now on. */
export const userIO = (): UserIO => {
  const progress = progressOn(process.stdout)
  return {
    progress,
    interrupt: onInterrupt(() => progress.say('Stopping after this step; Ctrl-C again ends at once.'))
  }
}

/** Runs the next part of a program, unless the user asked to stop. */
export const unlessAsked = (
  { interrupt }: UserIO,
  part: () => TE.TaskEither<Failure, void>
): TE.TaskEither<Failure, void> => (interrupt.asked ? TE.right(undefined) : part())

export const exitCode = ({ interrupt }: Pick<UserIO, 'interrupt'>): ExitCode =>
  interrupt.asked ? (interrupt.code ?? 130) : 0
