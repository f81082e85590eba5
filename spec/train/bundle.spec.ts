import { describe, expect, it } from 'vitest'
import { bundleOf } from '../../scripts/lib/browser.ts'

describe('the bundle for browsers', () => {
  it.each(['lib/train/index.ts', 'lib/metrics/index.ts', 'lib/laws/index.ts'])(
    'of %s holds nothing of Node',
    async (entry) => {
      const { text, metafile } = await bundleOf(entry, 'bundle')
      expect(Object.keys(metafile.inputs)).toContain(entry)
      expect(Object.keys(metafile.inputs).filter((path) => /^lib\/.*\/node\/|^lib\/node\.ts$/.test(path))).toEqual([])
      expect(text).not.toMatch(/(from|require\(|import\()\s*["']node:/)
    }
  )
})
