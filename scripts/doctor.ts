import { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import * as t from 'tessera'
import { checks, precisionBits, smallestPower, verify } from 'tessera/metrics'
import type { Verdict } from 'tessera/metrics'
import * as node from 'tessera/node'
import type { Failure } from 'tessera'
import { glLimits, hasGpu } from './lib/limits.ts'
import type { GLLimits } from './lib/limits.ts'
import { print } from './lib/output.ts'
import { parseFlags, runProgram } from './lib/program.ts'
import type { ExitCode } from './lib/program.ts'
import { deviceOption } from './lib/options.ts'

interface Flags {
  readonly device?: t.DeviceName
}

const command = (): Command =>
  new Command('npm run doctor --')
    .description('Says which device computes here and why, what it can do, and whether it computes right.')
    .addOption(deviceOption())

const say = (name: string, text: string): void => print(`${name.padEnd(12)}${text}`)

const limitsLine = ({ version, textureSize, textureUnits, renderTargets }: GLLimits): string =>
  `textures up to ${textureSize} x ${textureSize}, ${textureUnits} texture units, ${renderTargets} render targets (${version})`

const sayPrecision = async (device: t.Device): Promise<void> => {
  const [bits, power] = [await precisionBits(device), await smallestPower(device)]
  const verdict = bits >= 23 ? 'float32 or better' : 'less than float32: training may not converge'
  say('Precision', `1 + 2^-${bits} is more than 1, 2^${power} is more than 0: ${verdict}`)
}

const verdictLine = ({ name, error, allowed, passed }: Verdict): string =>
  `${passed ? ' ok ' : 'FAIL'}  ${name.padEnd(24)} largest error ${error.toExponential(1)}, allowed ${allowed.toExponential(1)}`

/** Runs the self-test; gives whether all of it passed. */
const selfTest = async (device: t.Device): Promise<boolean> => {
  let failed = 0
  say('Self-test', `against the reference, in parts of the largest number`)
  for (const check of checks) {
    const verdict = await verify(device, check)
    if (!verdict.passed) failed++
    print(`  ${verdictLine(verdict)}`)
  }
  say(
    '',
    failed === 0
      ? `all ${checks.length} passed`
      : `${failed} of ${checks.length} FAILED: another --device may do better`
  )
  return failed === 0
}

const pictures = (): string =>
  pipe(
    node.loadCanvas(),
    E.match(
      ({ message }) => message,
      () => 'canvas loads: PNG files and drawn digits'
    )
  )

/** What would make it faster here. */
const advice = ({ name, reason }: t.Device): string => {
  if (name !== 'headlessgl')
    return `GL, many times as fast${reason === 'asked for' ? ': see what npm run doctor says of it' : `: ${reason}`}`
  return hasGpu()
    ? 'nothing: GL is the best that there is in Node'
    : 'this machine shows no GPU (nothing in /dev/dri), so Mesa computes GL on the CPU; with a GPU, install its driver'
}

/** Which costs plans are made by. */
const costsText = (device: t.Device): string =>
  pipe(
    node.storedCosts(device),
    E.match(
      ({ message }) => `the usual ones: !! ${message}`,
      (costs) =>
        costs === undefined
          ? 'the usual ones; npm run tune measures those of this device'
          : 'those that npm run tune measured on this device'
    )
  )

const examine = async (device: t.Device): Promise<ExitCode> => {
  say('Device', `${device.name}, ${device.renderer}`)
  say('Why', device.reason)
  const limits = await glLimits(device.name)
  say('Limits', limits === undefined ? 'those of main memory' : limitsLine(limits))
  if (limits !== undefined) say('Costs', costsText(device))
  await sayPrecision(device)
  const passed = await selfTest(device)
  say('Pictures', pictures())
  say('Better', advice(device))
  return passed ? 0 : 1
}

void runProgram(
  pipe(
    TE.fromEither(parseFlags<Flags>(command(), process.argv.slice(2))),
    TE.flatMap(({ device: name }) => t.openDevice(name === undefined ? {} : { name })),
    TE.flatMap((device): TE.TaskEither<Failure, ExitCode> => TE.fromTask(() => examine(device)))
  )
)
