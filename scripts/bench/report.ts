import type { Outcome, Report } from './bench.ts'
import { targetCounts, targetName } from './contenders.ts'
import { median, valueOf } from './figures.ts'
import { driverOf, isSoftware, propertiesOf } from './machine.ts'
import { each } from './start.ts'
import type { Starts } from './start.ts'
import { cellsOf, faultLines, short, tableMarkdown } from './table.ts'

const section = (title: string, ...paragraphs: readonly string[]): string => [`## ${title}`, ...paragraphs].join('\n\n')

const list = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n')

const machine = (report: Report): string => {
  const table = tableMarkdown([['', ''], ...propertiesOf(report)])
  const software =
    'No machine with a GPU was at hand: this driver computes GL on the CPU, and so do the browser’s. On a GPU all ratios to ' +
    'what runs on the CPU will be others.'
  return section('The machine', table, ...(isSoftware(driverOf(report)) ? [software] : []))
}

// ---- the figures ------------------------------------------------------------------------------------------------

const explained =
  'In each column a peer’s figure, and in brackets how many times as long it takes as tessera: above 1, tessera is ' +
  'faster. `of probe` is the share of what the device’s plain rates allow, which are measured anew before each round. An ' +
  'empty cell: the peer was not asked.'

const troubles = ({ figures, missing }: Report): readonly string[] => [
  ...faultLines(figures).map((line) => `error: ${line}`),
  ...missing.map(({ name, message }) => `missing: ${name}: ${message}`)
]

const comparison = (report: Report): string => {
  const lines = troubles(report)
  const table = tableMarkdown(cellsOf(report.figures, 'tessera'))
  return section('The figures', explained, table, ...(lines.length > 0 ? [list(lines)] : []))
}

// ---- render targets ---------------------------------------------------------------------------------------------

const targetRow = ({ task, ours, limited }: Outcome): readonly string[] => {
  const cell = (targets: number): string => {
    const found = limited.find(({ name }) => name === targetName(targets))
    if (found?.fault !== undefined) return `error: ${found.fault}`
    return found ? short(median(found.seconds.map((s) => valueOf(task, s)))) : ''
  }
  const all = short(median(ours.seconds.map((s) => valueOf(task, s))))
  return [task.name, task.unit, ...targetCounts.map(cell), all]
}

const targets = ({ outcomes }: Report): string => {
  const rows = outcomes.filter(({ limited }) => limited.length > 0).map(targetRow)
  const head = ['render targets', 'unit', ...targetCounts.map(String), 'no limit']
  const text =
    'WebGL 1 promises a single render target, WebGL 2 four. The limits are forced on the same driver, and each result ' +
    'is first compared with that of the device without limits.'
  return section('Render targets', text, tableMarkdown([head, ...rows]))
}

// ---- the first step ---------------------------------------------------------------------------------------------

const parts = ['tracing', 'planning', 'compiling'] as const

const startRow = (name: string, starts: Starts['cold']): readonly string[] => {
  const all = median(each(starts, 'seconds'))
  const known = parts.map((part) => median(each(starts, part)))
  const rest = all - known.reduce((sum, s) => sum + s, 0)
  return [name, 's', ...[all, ...known, rest].map(short)]
}

const firstStep = ({ starts }: Report): string => {
  const text =
    'The first training step of a process on 128 images, from tracing to reading the loss. Cold: the driver has no ' +
    'compiled program yet. Warm: another process has left its programs in the driver’s cache. Compiling is writing the ' +
    'programs too, and partly goes on while the driver draws.'
  const head = ['first step', 'unit', 'all', ...parts, 'the rest']
  if (!starts) return section('The first step', text)
  return section(
    'The first step',
    text,
    tableMarkdown([head, startRow('cold', starts.cold), startRow('warm', starts.warm)])
  )
}

// ---- how --------------------------------------------------------------------------------------------------------

const methods = ({ settings: { rounds } }: Report): readonly string[] => [
  `Every library runs in a process of its own, which stays; only one computes at a time. In each of ${rounds} rounds ` +
    'all of them do a task once, one after the other, so that a machine that slows down does so for all. A figure is the ' +
    'median of its rounds. Who has computed for 20 seconds does no further round.',
  'All get the same inputs and, for the U-Net, the same parameters. Before anything is timed, each result is compared ' +
    'with tessera’s: a difference above a thousandth of the largest number is an error, and is not timed. Of the training ' +
    'step, the losses of three steps in a row are compared, and then Adam’s running means of ten parameters’ gradients.',
  'Mesa’s driver for CPUs ends the loops of a shader after 65,535 turns in all. What a peer computes by more is wrong ' +
    'there and stands as an error. For this reason TensorFlow.js on WebGL does the training step with 32 images, and four ' +
    'times its time stands in the table.',
  'Inputs lie where the library computes before the clock starts. A round does a task as often as fits into 0.4 s, with ' +
    'results of their own, and its time ends when a number of the last result has been read.',
  'The U-Net is that of `models/unet.ts` in all libraries; TensorFlow.js has the channels last, as it likes them best. ' +
    'tessera draws timesteps and noise within its training step; the peers are given theirs.',
  'A gradient of a weight (`-dw`) is computed alone, without the convolution itself. jax-js and TensorFlow.js’s `cpu` do ' +
    'no U-Net, the naive kernels of gpu.js only convolutions and products: one number per thread, a loop over the rest.',
  '`probe-madd` is a shader of four chains of multiply-adds of four numbers, two operations each; `probe-fetch` one that ' +
    'fetches four neighbouring texels of four numbers again and again from a texture of 1024 × 1024. What does arithmetic ' +
    'is held to the first: 2 operations per multiply-add of convolutions and linear layers, of the training step three ' +
    'times as many as of the prediction. SiLU is held to the second with one fetch for four numbers, layer norm with two. Each ' +
    'round begins with both, and a share is the median of the shares of the rounds.',
  '`textures-peak` is the most that textures ever took in the first steps, `programs` how many were compiled.'
]

const reproducing = ({ minutes }: Report): string =>
  section(
    'Again',
    '```sh\nnpm run bench\n```',
    `It took ${minutes.toFixed(0)} minutes. PyTorch takes part where \`python3\`, or the Python that \`--python\` names, has ` +
      'it. `npm run bench -- --help` says how to measure less.'
  )

/** The text of BENCHMARKS.md. */
export const reportText = (report: Report): string =>
  `${[
    '# Benchmarks',
    '`npm run bench` has written this file.',
    machine(report),
    comparison(report),
    targets(report),
    firstStep(report),
    section('How it is measured', list(methods(report))),
    reproducing(report)
  ].join('\n\n')}\n`
