import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'
import { root } from './paths.ts'

const packageOf = (input: string): string | undefined =>
  /^(?:.*\/)?(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1]

const textOf = (folder: string): string => {
  const name = readdirSync(join(root, folder)).find((file) => /^licen[cs]e/i.test(file))
  const { license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
    readonly license?: string
  }
  return name === undefined ? `${license ?? 'unknown'}\n` : readFileSync(join(root, folder, name), 'utf8')
}

/** The licences of the packages that are inside of bundles: they ask to be passed on with the code. */
export const licencesOf = (bundles: readonly Metafile[]): string => {
  const inputs = bundles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap((output) => Object.keys(output.inputs))
  )
  const folders = new Set(inputs.flatMap((input) => packageOf(input) ?? []))
  return [...folders]
    .toSorted()
    .map((folder) => `==== ${folder.replace('node_modules/', '')}\n\n${textOf(folder).trim()}\n`)
    .join('\n')
}
