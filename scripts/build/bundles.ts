import { readFile } from 'node:fs/promises'
import { join, posix, relative } from 'node:path'
import { build } from 'esbuild'
import type { Metafile, Plugin } from 'esbuild'
import { asInstalled, dist, entries, inCode, root } from './paths.ts'

const isLibrary = (path: string): boolean => /^(lib|models)\//.test(path)

/** The library, as seen from dist/bin. */
const beside = (path: string): { readonly path: string; readonly external: true } => ({
  path: posix.join('..', path).replace(/\.ts$/, '.js'),
  external: true
})

/** The programs share the library with whoever imports it; what only they use becomes part of them. */
const besideLibrary = (dependencies: readonly string[]): Plugin => ({
  name: 'beside the library',
  setup: (builder) => {
    builder.onResolve({ filter: /^tessera(\/|$)/ }, ({ path }) => beside(entries[path]!))
    builder.onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
      const file = relative(root, join(resolveDir, path)).replaceAll('\\', '/')
      return isLibrary(file) && file.endsWith('.ts') ? beside(file) : undefined
    })
    builder.onResolve({ filter: /^fp-ts\// }, ({ path }) => ({ path: inCode(path), external: true }))
    builder.onResolve({ filter: /^[a-z@]/ }, ({ path }) =>
      dependencies.some((name) => path === name || path.startsWith(`${name}/`)) ? { path, external: true } : undefined
    )
    builder.onLoad({ filter: /\bscripts\b.*\.ts$/ }, async ({ path }) => ({
      loader: 'ts',
      contents: asInstalled(await readFile(path, 'utf8'))
    }))
  }
})

// packages in CommonJS ask for Node's modules by `require`, which modules don't have
const banner = `import { createRequire as __createRequire } from 'node:module'
const require = __createRequire(import.meta.url)`

/** Writes the programs to dist/bin. */
export const writePrograms = async (dependencies: readonly string[]): Promise<Metafile> => {
  const { metafile } = await build({
    entryPoints: ['scripts/cli/tessera.ts'],
    absWorkingDir: root,
    outdir: `${dist}/bin`,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    banner: { js: banner },
    // the programs are run for what they do
    ignoreAnnotations: true,
    metafile: true,
    plugins: [besideLibrary(dependencies)],
    logLevel: 'warning'
  })
  return metafile
}

const parts = Object.entries(entries).filter(([name]) => name !== 'tessera/node')

/** `t.add` and so on, and `t.models.unet`: what has a module of its own is a name of the file. */
const everything = parts
  .map(
    ([name, file]) =>
      `export * ${name === 'tessera' ? '' : `as ${posix.basename(name)} `}from './${inCode(`./${file}`).slice(2)}'`
  ) // prettier-ignore
  .join('\n')

/** Writes all that runs in a browser, with its dependencies, as a single module for pages without a bundler. */
export const writeSingleFile = async (): Promise<Metafile> => {
  const { metafile } = await build({
    stdin: { contents: everything, resolveDir: join(root, dist), loader: 'js' },
    absWorkingDir: root,
    outfile: `${dist}/tessera.min.js`,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['browser'],
    mainFields: ['browser', 'module', 'main'],
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning'
  })
  return metafile
}
