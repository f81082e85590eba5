import { existsSync } from 'node:fs'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import * as node from 'tessera/node'
import type { Failure } from 'tessera'
import { compilingOn } from './compiling.ts'
import { canBecomeFolder } from './folder.ts'
import { warn } from './output.ts'
import { albumIn } from './pictures.ts'
import type { Album } from './pictures.ts'
import { userIO } from './user.ts'
import type { UserIO } from './user.ts'

/** What a program works with once all its inputs have turned out to be good. */
export interface Workspace extends UserIO {
  readonly device: t.Device
  readonly album: Album
}

/** Says which device it is and why; as a warning if it is not the one that the programs are made for. */
const announce =
  (device: t.Device, asked: boolean, { progress }: UserIO): (() => void) =>
  () => {
    progress.say(`Device: ${device.name}, ${device.renderer} (${device.reason})`)
    if (!asked && device.name !== 'headlessgl') warn(`No GL, so this will be many times as slow: ${device.reason}`)
  }

const opened = (name: t.DeviceName | undefined, user: UserIO): TE.TaskEither<Failure, t.Device> =>
  pipe(
    t.openDevice({ ...(name !== undefined && { name }), onCompile: compilingOn(user.progress) }),
    TE.tapIO((device) => announce(device, name !== undefined, user))
  )

const locked = new Set<string>()

/** Makes this program the only writer of a folder, if the folder exists. */
export const onlyWriter = (out: string): TE.TaskEither<Failure, void> =>
  locked.has(out) || !existsSync(out)
    ? TE.right(undefined)
    : pipe(
        node.lockFolder(out),
        TE.map(() => void locked.add(out))
      )

/**
 * Reads a program's inputs, opens the device, and makes the output folder: in this order, so that an input that is wrong
 * leaves nothing behind and costs no time.
 */
export const openWorkspace = <A>(
  readInputs: (user: UserIO) => TE.TaskEither<Failure, A>,
  out: string,
  device: t.DeviceName | undefined
): TE.TaskEither<Failure, Workspace & { readonly inputs: A }> => {
  const user = userIO()
  return pipe(
    canBecomeFolder(out),
    TE.flatMap(() => onlyWriter(out)),
    TE.flatMap(() => readInputs(user)),
    TE.bindTo('inputs'),
    TE.bind('device', () => opened(device, user)),
    TE.tap(() => node.ensureFolder(out)),
    TE.tap(() => onlyWriter(out)),
    TE.tap(() => node.removeLeftovers(out)),
    TE.map((ready) => ({ ...ready, ...user, album: albumIn(out, warn) }))
  )
}
