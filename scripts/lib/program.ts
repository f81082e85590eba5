import type { Command } from 'commander'
import { CommanderError, InvalidArgumentError } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type * as TE from 'fp-ts/TaskEither'
import { failure, reason } from 'tessera'
import type { Failure } from 'tessera'
import { printable } from '../../lib/base/printable.ts'
import type { SignalCode } from './interrupt.ts'

/** The exit code of a program: 0, 1 if a check failed, or 128 + the number of the signal. */
export type ExitCode = 0 | 1 | SignalCode

const exitCodeOf = ({ kind }: Failure): 1 | 2 => (kind === 'usage' ? 2 : 1)

/** The one line that goes to stderr. */
export const errorLine = ({ message }: Failure): string => `error: ${message.replaceAll(/\s*\n\s*/g, ' ')}`

const unexpected = (thrown: unknown): Failure =>
  failure('unavailable', `${reason(thrown)} (unexpected: DEBUG=1 shows where it comes from)`)

const complain = (fault: Failure): 1 | 2 => {
  process.stderr.write(`${printable(errorLine(fault))}\n`)
  return exitCodeOf(fault)
}

const surprised = (thrown: unknown): 1 | 2 => {
  const { DEBUG } = process.env
  if (DEBUG !== undefined && thrown instanceof Error) process.stderr.write(`${thrown.stack ?? ''}\n`)
  return complain(unexpected(thrown))
}

/**
 * Runs a program and ends the process at once, because GL and timers may keep it alive. A failure becomes one line on stderr and the exit code 2 (wrong flags) or 1 (anything else).
 */
export const runProgram = async (program: TE.TaskEither<Failure, ExitCode>): Promise<never> => {
  // the reader of the output may go away (`| head`, a closed terminal): the work continues, and is saved
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  const code = await program().then((result) => (E.isLeft(result) ? complain(result.left) : result.right), surprised)
  return process.exit(code)
}

const usage = (thrown: unknown): Failure =>
  failure('usage', thrown instanceof CommanderError ? thrown.message.replace(/^error: /, '') : reason(thrown))

const parsed = (command: Command, args: readonly string[]): Command =>
  command
    .exitOverride((stop) => {
      if (stop.exitCode === 0) process.exit(0)
      throw stop
    })
    .configureOutput({ writeErr: () => undefined })
    .allowExcessArguments()
    .parse(args, { from: 'user' })

/** The arguments of a program: words, as many as it takes, and flags. */
interface Arguments<Flags> {
  readonly words: readonly string[]
  readonly flags: Flags
}

/** The arguments of a program, or a `usage` failure in commander's words. `--help` prints the help and ends the process. */
export const parseWords = <Flags extends object>(
  command: Command,
  args: readonly string[]
): E.Either<Failure, Arguments<Flags>> =>
  pipe(
    E.tryCatch(() => parsed(command, args), usage),
    E.map((done) => ({ words: done.args, flags: done.opts<Flags>() })),
    E.filterOrElse(
      ({ words }) => words.length <= command.registeredArguments.length,
      ({ words }) => failure('usage', `what is ${words[command.registeredArguments.length]}? ${elsewhere(command)}`)
    )
  )

const elsewhere = ({ registeredArguments: known }: Command): string =>
  known.length === 0 ? 'Everything is said by flags: see --help' : 'Everything else is said by flags: see --help'

/** The same for a program that takes flags only. */
export const parseFlags = <Flags extends object>(command: Command, args: readonly string[]): E.Either<Failure, Flags> =>
  pipe(
    parseWords<Flags>(command, args),
    E.map(({ flags }) => flags)
  )

const numberThat =
  (what: string, fits: (x: number) => boolean) =>
  (text: string): number => {
    const x = text.trim() === '' ? NaN : Number(text)
    if (!fits(x)) throw new InvalidArgumentError(`It must be ${what}.`)
    return x
  }

export const count = numberThat('a whole number, 1 or more', (x) => Number.isSafeInteger(x) && x >= 1)

export const seed = numberThat(
  'a whole number from 0 to 4294967295',
  (x) => Number.isInteger(x) && x >= 0 && x < 2 ** 32
)

export const rate = numberThat('a number above 0', (x) => Number.isFinite(x) && x > 0)

export const whole = numberThat('a whole number, 0 or more', (x) => Number.isSafeInteger(x) && x >= 0)

export const amount = numberThat('a number, 0 or more', (x) => Number.isFinite(x) && x >= 0)

export const share = numberThat('a number from 0 to 1, without 1', (x) => x >= 0 && x < 1)

export const fraction = numberThat('a number between 0 and 1', (x) => x > 0 && x < 1)
