import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vitest/config'
import { defineConfig } from 'vitest/config'
import base from './vitest.config.ts'

// npm run package: some specs run against what npm run build made. Every source has a file there, so that also specs
// that import a part of the library get the one that users do.
const root = fileURLToPath(new URL('.', import.meta.url))

const built: Plugin = {
  name: 'the library as it was built',
  enforce: 'pre',
  async resolveId(source, importer, options) {
    const found = await this.resolve(source, importer, { ...options, skipSelf: true })
    const path = found?.id.startsWith(root) === true ? found.id.slice(root.length) : ''
    return /^(lib|models)\/.*\.ts$/.test(path) ? `${root}dist/${path.replace(/\.ts$/, '.js')}` : found
  }
}

export default defineConfig({
  ...base,
  plugins: [built],
  test: {
    ...base.test,
    include: [
      'spec/grad/grad.spec.ts',
      'spec/device/errors.spec.ts',
      'spec/models/unet.spec.ts',
      'spec/diffusion/sample.spec.ts'
    ],
    reporters: ['dot']
  }
})
