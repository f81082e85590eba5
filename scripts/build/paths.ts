import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Where the build goes, below the root. */
export const dist = 'dist'

/** The folders of the library. */
const folders = ['lib', 'models']

/** The sources of the library, relative to the root. */
export const sources = (): readonly string[] =>
  folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
      .map((path) => join(folder, path))
  )

/** The modules that users import, by the name that they import. */
export const entries: Readonly<Record<string, string>> = {
  tessera: 'lib/index.ts',
  'tessera/node': 'lib/node.ts',
  'tessera/train': 'lib/train/index.ts',
  'tessera/metrics': 'lib/metrics/index.ts',
  'tessera/laws': 'lib/laws/index.ts',
  'tessera/models': 'models/index.ts'
}

/** Node reads no folder as a module, and that is what `fp-ts/Either` is. */
const fpTs = /^fp-ts\/(\w+)$/

/**
 * How code of the build names what a source names. fp-ts has a CommonJS and an ESM build, and no `exports` to choose
 * between them: `imports` of package.json does, so that bundlers get the one that they can shake. There the platform of
 * the sources and that of the build have a name each.
 */
export const inCode = (name: string): string => {
  if (name === '#platform') return '#dist/platform'
  return name.startsWith('.') ? name.replace(/\.ts$/, '.js') : name.replace(fpTs, '#fp-ts/$1')
}

/** The same in declarations, which name the file itself: both builds have the same types. */
export const inTypes = (name: string): string =>
  name.startsWith('.') ? name.replace(/\.ts$/, '.js') : name.replace(fpTs, 'fp-ts/lib/$1.js')

/** In a clone programs are started by npm run; whoever installed the package has no such scripts. */
export const asInstalled = (text: string): string =>
  text.replaceAll(/npm run (train|sample|evaluate|convert|doctor)\b( --)?/g, 'npx tessera $1')
