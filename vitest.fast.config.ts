import { configDefaults, defineConfig } from 'vitest/config'
import { NeededSpecs } from './spec/support/reporter.ts'
import base from './vitest.config.ts'

// npm run spec:fast: what can be said of a change in two minutes. Left out are whole programs, browsers, trainings, and
// the files below, each of which takes ten seconds or more; npm test runs everything.
const slow = [
  'spec/{browser,golden,scripts}/**',
  'spec/compile/{compositions,counted,large,limits,linear,long-sums,sizes}.spec.ts',
  'spec/device/{ahead,display,memory}.spec.ts',
  'spec/docs/examples.spec.ts',
  'spec/io/{digest,hostile,mutations}.spec.ts',
  'spec/models/{classifier,unet}.spec.ts'
]

export default defineConfig({
  ...base,
  test: {
    ...base.test,
    exclude: [...configDefaults.exclude, ...slow],
    reporters: ['default', new NeededSpecs(['[browser]'])]
  }
})
