import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { build } from 'esbuild'
import type { Plugin } from 'esbuild'
import { asInstalled, dist, inCode, root, sources } from './paths.ts'
import { markPure } from './pure.ts'

/** Each source becomes one file: every import stays one, with the name that it has in the build. */
const apart: Plugin = {
  name: 'apart',
  setup: (builder) => {
    builder.onResolve({ filter: /./ }, ({ kind, path }) =>
      kind === 'entry-point' ? undefined : { path: inCode(path), external: true, sideEffects: false }
    )
    builder.onLoad({ filter: /\.ts$/ }, async ({ path }) => ({
      loader: 'ts',
      contents: markPure(relative(root, path), asInstalled(await readFile(path, 'utf8')))
    }))
  }
}

/** Writes the library as ES modules, one for each source, with maps to the sources, which the package has too. */
export const writeCode = async (): Promise<void> => {
  await build({
    entryPoints: [...sources()],
    absWorkingDir: root,
    outdir: dist,
    outbase: '.',
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    sourcemap: true,
    sourcesContent: false,
    plugins: [apart],
    logLevel: 'warning'
  })
}
