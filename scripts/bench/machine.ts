import { readFileSync } from 'node:fs'
import { cpus, release, totalmem, type as system } from 'node:os'
import { hasGpu } from '../lib/limits.ts'
import { versionOf } from './install.ts'
import type { Report } from './bench.ts'

/** A property of the machine or of the software on it. */
export type Property = readonly [name: string, value: string]

const named = (): string => {
  try {
    return /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? system()
  } catch {
    return system()
  }
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const dependencies = (): Readonly<Record<string, string>> => {
  const [own, native] = ['../../package.json', '../native/package.json'].map(
    (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as Manifest
  )
  return { ...own?.dependencies, ...native?.optionalDependencies }
}

/** The driver that computes for tessera. */
export const driverOf = ({ facts }: Report): string => facts.tessera?.driver ?? 'unknown'

/** Whether GL is computed on the CPU: not every driver says so of itself. */
export const isSoftware = (driver: string): boolean =>
  !hasGpu() || /llvmpipe|softpipe|swiftshader|software/i.test(driver)

const hardware = (): readonly Property[] => [
  ['CPU', `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} cores`],
  ['memory', `${(totalmem() / 2 ** 30).toFixed(0)} GiB`],
  ['system', `${named()}, ${system()} ${release()}`]
]

const peers = ({ facts }: Report): readonly Property[] => {
  const chromium = facts['TF.js webgl'] ?? facts['jax-js webgl']
  const torch = facts.PyTorch
  return [
    ...(chromium ? [['Chromium', `${chromium.browser ?? ''}, ${chromium.driver ?? ''}`] as const] : []),
    ['TensorFlow.js', versionOf('@tensorflow/tfjs')],
    ['jax-js', versionOf('@jax-js/jax')],
    ...(torch ? [['PyTorch', `${torch.version ?? ''}, ${torch.threads ?? ''} threads`] as const] : [])
  ]
}

/** What the figures depend on besides the code. */
export const propertiesOf = (report: Report): readonly Property[] => {
  const { 'gpu.js': gpujs = '', gl = '' } = dependencies()
  return [
    ...hardware(),
    ['Node', process.version],
    ['GL driver', driverOf(report)],
    ['GL', `${report.facts.probe?.version ?? 'unknown'}, gl ${gl}, gpu.js ${gpujs}`],
    ...peers(report)
  ]
}
