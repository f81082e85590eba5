import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { entries } from '../build/paths.ts'
import { table } from '../lib/table.ts'
import type { Check } from './checks.ts'

/** A page, with what it may be at most: kilobytes (1000 bytes), minified and gzipped, without gpu.js. */
interface Page {
  readonly name: string
  readonly most: number
  readonly source: string
  /** What it must not carry, as the beginning of paths. */
  readonly without?: RegExp
}

const everything = Object.keys(entries)
  .filter((name) => name !== 'tessera/node')
  .map((name, i) => `export * as m${i} from '${name}'`)
  .join('\n')

const pages: readonly Page[] = [
  {
    name: 'adds two tensors',
    most: 47,
    source: `import { add, device, tensor } from 'tessera'
      const gpu = await device()
      console.log(await gpu.read(add(tensor([1]), tensor([2]))))`,
    without:
      /lib\/(diffusion|io|render|data|train|optim|metrics|grad)\/|models\/|chart\.js|gifenc|ml-matrix|fflate|@noble/
  },
  { name: 'all of tessera', most: 156, source: `export * from 'tessera'` },
  { name: 'all of all modules', most: 176, source: everything }
]

interface Bundled {
  readonly bytes: number
  readonly gzipped: number
  readonly inputs: readonly string[]
}

const bundled = async (source: string, project: string): Promise<Bundled> => {
  const { outputFiles, metafile } = await build({
    stdin: { contents: source, resolveDir: project },
    absWorkingDir: project,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: ['gpu.js'],
    metafile: true,
    write: false,
    logLevel: 'silent'
  })
  const [output] = Object.values(metafile.outputs)
  const inputs = Object.entries(output!.inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? path : []))
  const { contents } = outputFiles[0]!
  return { bytes: contents.length, gzipped: gzipSync(contents, { level: 9 }).length, inputs }
}

const kilobytes = (bytes: number): string => (bytes / 1000).toFixed(1)

/** How large pages become, and that they carry only what they use. */
export const shaken: Check = async ({ project }) => {
  const rows: (readonly string[])[] = []
  for (const { name, most, source, without } of pages) {
    const { bytes, gzipped, inputs } = await bundled(source, project)
    const needless = inputs.filter((path) => without?.test(path))
    if (needless.length > 0) throw new Error(`a page that ${name} carries ${needless.join(', ')}`)
    if (gzipped > 1000 * most) throw new Error(`a page with ${name}: ${kilobytes(gzipped)} KB gzipped, at most ${most}`)
    rows.push([name, kilobytes(bytes), kilobytes(gzipped), String(most)])
  }
  return table(['a page, without gpu.js', 'minified KB', 'gzipped KB', 'at most'], rows)
}

const folderOf = (path: string): string =>
  path.endsWith('.safetensors') ? 'models, trained' : (/^(\w+)\//.exec(path)?.[1] ?? path)

/** What is in the tarball. */
export const contents: Check = ({ packed }) => {
  const sums = new Map<string, readonly [files: number, bytes: number]>()
  for (const { path, size } of packed.files) {
    const name = path.startsWith('dist/bin') ? 'dist/bin' : path.endsWith('.map') ? 'dist, maps' : folderOf(path)
    const [files, bytes] = sums.get(name) ?? [0, 0]
    sums.set(name, [files + 1, bytes + size])
  }
  const rows = [...sums].map(([name, [files, bytes]]) => [name, files, kilobytes(bytes)])
  return table(['in the tarball', 'files', 'KB'], [...rows, ['packed', packed.files.length, kilobytes(packed.size)]])
}
