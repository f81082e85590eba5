import { existsSync } from 'node:fs'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import * as node from 'tessera/node'
import type { Failure } from 'tessera'
import { compilingOn } from './compiling.ts'
import { canBecomeFolder } from './folder.ts'
import { onInterrupt } from './interrupt.ts'
import { warn } from './output.ts'
import { albumIn } from './pictures.ts'
import type { Album } from './pictures.ts'
import type { ExitCode } from './program.ts'
import { progressOn } from './progress.ts'
import type { Attention } from './sampling.ts'

/** What a program works with once everything that it was given has turned out to be good. */
export interface Studio extends Attention {
  readonly device: t.Device
  readonly album: Album
}

/** The user's attention, and Ctrl-C from now on. */
export const attention = (): Attention => {
  const progress = progressOn(process.stdout)
  return {
    progress,
    interrupt: onInterrupt(() => progress.say('Stopping after this step; Ctrl-C again ends at once.'))
  }
}

/** Says which device it is and why; loudly where it is not the one that the programs are made for. */
const introduced =
  (device: t.Device, asked: boolean, { progress }: Attention): (() => void) =>
  () => {
    progress.say(`Device: ${device.name}, ${device.renderer} (${device.reason})`)
    if (!asked && device.name !== 'headlessgl') warn(`No GL, so this will be many times as slow: ${device.reason}`)
  }

const opened = (name: t.DeviceName | undefined, user: Attention): TE.TaskEither<Failure, t.Device> =>
  pipe(
    t.openDevice({ ...(name !== undefined && { name }), onCompile: compilingOn(user.progress) }),
    TE.tapIO((device) => introduced(device, name !== undefined, user))
  )

const locked = new Set<string>()

/** Makes this program the only one that writes into a folder, once there is one. */
export const onlyWriter = (out: string): TE.TaskEither<Failure, void> =>
  locked.has(out) || !existsSync(out)
    ? TE.right(undefined)
    : pipe(
        node.lockFolder(out),
        TE.map(() => void locked.add(out))
      )

/**
 * Reads what a program is given, opens the device, and makes the folder for what it writes: in this order, so
 * that nothing is left behind and nobody waits for long where something is wrong.
 */
export const prepared = <A>(
  given: (user: Attention) => TE.TaskEither<Failure, A>,
  out: string,
  device: t.DeviceName | undefined
): TE.TaskEither<Failure, Studio & { readonly given: A }> => {
  const user = attention()
  return pipe(
    canBecomeFolder(out),
    TE.flatMap(() => onlyWriter(out)),
    TE.flatMap(() => given(user)),
    TE.bindTo('given'),
    TE.bind('device', () => opened(device, user)),
    TE.tap(() => node.ensureFolder(out)),
    TE.tap(() => onlyWriter(out)),
    TE.tap(() => node.removeLeftovers(out)),
    TE.map((ready) => ({ ...ready, ...user, album: albumIn(out, warn) }))
  )
}

/** Does the next part of a program, unless the user asked to stop. */
export const unlessAsked = (
  { interrupt }: Attention,
  part: () => TE.TaskEither<Failure, void>
): TE.TaskEither<Failure, void> => (interrupt.asked ? TE.right(undefined) : part())

export const exitCode = ({ interrupt }: Pick<Attention, 'interrupt'>): ExitCode =>
  interrupt.asked ? (interrupt.code ?? 130) : 0
