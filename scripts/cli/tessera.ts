#!/usr/bin/env node
// npx tessera PROGRAM: the programs that the package brings along. `npm run build` makes dist/bin of this.
import { readFileSync } from 'node:fs'
import { failure } from 'tessera'
import { print } from '../lib/output.ts'
import { errorLine } from '../lib/program.ts'

const programs = {
  train: ['trains a diffusion model and draws samples of it', () => import('../train.ts')],
  sample: ['draws samples from a model file', () => import('../sample.ts')],
  evaluate: ['says in numbers how good a model is', () => import('../evaluate.ts')],
  convert: ['converts model files between PyTorch and safetensors', () => import('../convert.ts')],
  doctor: ['says which device computes here, why, and how exactly', () => import('../doctor.ts')]
} as const satisfies Readonly<Record<string, readonly [does: string, load: () => Promise<unknown>]>>

const isProgram = (name: string): name is keyof typeof programs => Object.hasOwn(programs, name)

const version = (): string => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}

const help = (): string =>
  [
    'Usage: npx tessera <program> [options]',
    '',
    ...Object.entries(programs).map(([name, [does]]) => `  ${name.padEnd(10)}${does}`),
    '',
    'npx tessera <program> --help lists the options of a program.'
  ].join('\n')

const refuse = (name: string): void => {
  const unknown = failure('usage', `what is ${name}? The programs are ${Object.keys(programs).join(', ')}`)
  process.stderr.write(`${errorLine(unknown)}\n`)
  process.exitCode = 2
}

const [node = '', file = '', name = '--help', ...args] = process.argv
if (isProgram(name)) {
  await import('../v8.mjs')
  // programs read their flags from here
  process.argv = [node, file, ...args]
  await programs[name][1]()
} else if (name === '--version') print(version())
else if (name === '--help' || name === '-h') print(help())
else refuse(name)
