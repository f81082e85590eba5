import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { NeededSpecs } from './spec/support/reporter.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

// `npm test` reads the counts from a file.
const { TESSERA_REPORT: outputFile } = process.env
const report: readonly ['json', { outputFile: string }][] = outputFile === undefined ? [] : [['json', { outputFile }]]

export default defineConfig({
  resolve: {
    // Exact names: `tessera/node` must not become `lib/index.ts/node`.
    alias: [
      { find: /^tessera$/, replacement: here('./lib/index.ts') },
      { find: /^tessera\/node$/, replacement: here('./lib/node.ts') },
      { find: /^tessera\/train$/, replacement: here('./lib/train/index.ts') },
      { find: /^tessera\/metrics$/, replacement: here('./lib/metrics/index.ts') },
      { find: /^tessera\/laws$/, replacement: here('./lib/laws/index.ts') },
      { find: /^tessera\/models$/, replacement: here('./models/index.ts') }
    ]
  },
  test: {
    include: ['spec/**/*.spec.ts'],
    // headless-gl has one context per process: a fresh process per spec file, never threads.
    pool: 'forks',
    // what npm run tune stored for this machine changes plans, and specs look at plans
    env: { TESSERA_CONFIG: '' },
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    allowOnly: false,
    reporters: ['default', new NeededSpecs(), ...report]
  }
})
