// npm run build: everything in dist that the package has besides its sources.
//   lib, models       the library as ES modules, one for each source, with declarations and maps to the sources: a
//                     bundler leaves out a module that nothing needs without having to understand it
//   bin               the programs of `npx tessera`
//   tessera.min.js    all that runs in a browser, for pages without a bundler
// tsc makes the declarations and esbuild the code: the project has both for other reasons.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writePrograms, writeSingleFile } from './build/bundles.ts'
import { writeCode } from './build/code.ts'
import { licencesOf } from './build/licences.ts'
import { dist, root } from './build/paths.ts'
import { writeTypes } from './build/types.ts'

const write = (name: string, text: string): void => writeFileSync(join(root, dist, name), text)

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>
}

rmSync(join(root, dist), { recursive: true, force: true })
mkdirSync(join(root, dist))
await writeCode()
const bundles = [await writePrograms(Object.keys(manifest.dependencies)), await writeSingleFile()]
write('third-party-licences.txt', licencesOf(bundles))
writeTypes()
