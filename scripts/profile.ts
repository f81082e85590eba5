import { dirname } from 'node:path'
import { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import * as node from 'tessera/node'
import { failure } from 'tessera'
import type { Failure } from 'tessera'
import { canBecomeFolder } from './lib/folder.ts'
import { print, warn } from './lib/output.ts'
import { count, parseFlags, runProgram } from './lib/program.ts'
import type { ExitCode } from './lib/program.ts'
import { deviceOption } from './lib/options.ts'
import { profileChart } from './profile/chart.ts'
import { familyTable, kernelTable, totalLines } from './profile/report.ts'
import { measure, unetWork } from './profile/work.ts'
import type { Profile } from './profile/work.ts'

interface Flags {
  readonly batch: number
  readonly rounds: number
  readonly forward: boolean
  readonly out: string
  readonly json?: string
  readonly device?: t.DeviceName
}

const command = (): Command =>
  new Command('npm run profile --')
    .description("Says where the time of the U-Net's training step goes, kernel by kernel.")
    .option('--batch <n>', 'images in a step', count, 128)
    .option('--rounds <n>', 'measure so often, and take the median of each kernel', count, 3)
    .option('--forward', 'only the prediction', false)
    .option('--out <file>', 'where the picture goes', 'out/profile.png')
    .option('--json <file>', 'write the numbers of each kernel there too')
    .addOption(deviceOption())

const checked = ({ out, json }: Flags): TE.TaskEither<Failure, void> =>
  pipe(
    canBecomeFolder(dirname(out)),
    TE.flatMap(() => (json === undefined ? TE.right(undefined) : canBecomeFolder(dirname(json), '--json')))
  )

const opened = ({ device: name }: Flags): TE.TaskEither<Failure, t.Device> =>
  name === 'reference'
    ? TE.left(failure('usage', '--device reference has no kernels to measure'))
    : t.openDevice(name === undefined ? {} : { name })

const measured = (device: t.Device, flags: Flags): TE.TaskEither<Failure, Profile> =>
  TE.fromTask(() => {
    const work = unetWork(device, flags)
    print(`Device: ${device.name}, ${device.renderer} (${device.reason})`)
    print(`Measuring ${work.name} of the U-Net with ${flags.batch} images, median of ${flags.rounds} rounds`)
    return measure(device, work, flags.rounds)
  })

const report = (profile: Profile, { batch }: Flags): void => {
  for (const part of [kernelTable(profile), familyTable(profile), totalLines(profile, batch).join('\n')])
    print(`\n${part}`)
}

const drawn = (profile: Profile, { batch, forward }: Flags): E.Either<Failure, node.PngCanvas> =>
  pipe(
    node.loadCanvas(),
    E.map(({ createCanvas }) => {
      const canvas = createCanvas(1, 1)
      profileChart(profile.kernels, canvas, `${forward ? 'Prediction' : 'Training step'} of the U-Net, ${batch} images`)
      return canvas
    })
  )

/** Draws the picture; where there is no canvas, it says so and goes on. */
const picture = (profile: Profile, flags: Flags): TE.TaskEither<Failure, void> =>
  pipe(
    drawn(profile, flags),
    E.match(
      ({ message }): TE.TaskEither<Failure, void> => TE.fromIO(() => warn(message)),
      (canvas) =>
        pipe(
          node.ensureFolder(dirname(flags.out)),
          TE.flatMap(() => node.writePng(flags.out, canvas)),
          TE.tapIO(() => () => print(`Drew ${flags.out}`))
        )
    )
  )

const numbers = (profile: Profile, device: t.Device, flags: Flags): TE.TaskEither<Failure, void> => {
  const { json, batch, rounds, forward } = flags
  if (json === undefined) return TE.right(undefined)
  const content = { device: device.name, renderer: device.renderer, batch, rounds, forward, ...profile }
  return pipe(
    node.ensureFolder(dirname(json)),
    TE.flatMap(() => node.writeAtomic(json, new TextEncoder().encode(`${JSON.stringify(content, null, 2)}\n`))),
    TE.tapIO(() => () => print(`Wrote ${json}`))
  )
}

const profile = (flags: Flags): TE.TaskEither<Failure, ExitCode> =>
  pipe(
    checked(flags),
    TE.flatMap(() => opened(flags)),
    TE.bindTo('device'),
    TE.bind('result', ({ device }) => measured(device, flags)),
    TE.tapIO(
      ({ result }) =>
        () =>
          report(result, flags)
    ),
    TE.tap(({ result }) => picture(result, flags)),
    TE.tap(({ device, result }) => numbers(result, device, flags)),
    TE.map((): ExitCode => 0)
  )

void runProgram(pipe(TE.fromEither(parseFlags<Flags>(command(), process.argv.slice(2))), TE.flatMap(profile)))
