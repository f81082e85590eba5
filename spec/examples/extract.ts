import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** A fenced block of TypeScript in a docstring, in the README or in a page. */
export interface Example {
  readonly file: string
  /** Line of the code's first line. */
  readonly line: number
  readonly code: string
}

const filesIn = (folder: string, extension: '.ts' | '.md'): readonly string[] =>
  readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(extension))
    .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
    .toSorted()

const pages = (): readonly string[] => ['README.md', 'docs/pytorch.md', ...filesIn('docs/guide', '.md')]

/** What stands before the fence stands before each line of the block: nothing, or a docstring's margin. */
const fenced = /^(?<margin>[ *]*)```ts\n(?<block>[^]*?)^\k<margin>```$/gm

const withoutMargin = (block: string, margin: string): string =>
  block
    .split('\n')
    .map((line) => (line.startsWith(margin) ? line.slice(margin.length) : line.replace(/^ *\* ?/, '')))
    .join('\n')

export const examplesIn = (file: string, text: string): readonly Example[] =>
  [...text.matchAll(fenced)].map(({ index, groups }) => ({
    file,
    line: text.slice(0, index).split('\n').length + 1,
    code: withoutMargin(groups!.block!, groups!.margin!)
  }))

/** Every example of the README, the guide, the library and the models. */
export const examples = (): readonly Example[] =>
  [...pages(), ...filesIn('lib', '.ts'), ...filesIn('models', '.ts')].flatMap((file) =>
    examplesIn(file, readFileSync(root + file, 'utf8'))
  )
