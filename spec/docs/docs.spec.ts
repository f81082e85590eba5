import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { layers } from '../../scripts/sizes/layers.ts'
import { gl } from '../support/gl.ts'

const root = new URL('../../', import.meta.url)
const text = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const page = text('docs/architecture.md')

/** The block of code between two marks. */
const block = (name: string): string =>
  new RegExp(`<!-- ${name} -->\\s*\`\`\`\\w*\n([^]*?)\n\`\`\``).exec(page)?.[1] ?? ''

describe('the oldest Node', () => {
  it('is the same wherever it is named', () => {
    const { engines } = JSON.parse(text('package.json')) as { readonly engines: { readonly node: string } }
    const oldest = engines.node.replace('>=', '')
    expect(text('.nvmrc').trim()).toBe(oldest)
    expect(text('README.md')).toContain(`Node ${oldest} or newer`)
  })
})

describe('docs/contributing.md', () => {
  it('quotes code as it stands in the library', () => {
    const files = readdirSync(new URL('lib', root), { recursive: true, encoding: 'utf8' })
    const sources = files.filter((file) => file.endsWith('.ts')).map((file) => text(`lib/${file}`))
    const quoted = [...text('docs/contributing.md').matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code]) => code!)
    expect(quoted.length).toBe(3)
    for (const code of quoted) expect(sources.filter((source) => source.includes(code)).length, code).toBe(1)
  })
})

describe('docs/architecture.md', () => {
  it('[gl] shows what explain prints of softmax(x · w)', async () => {
    const device = await gl()
    const life = device.explain((x, w) => t.softmax(t.matmul(x, w)), t.ones([8, 5]), t.ones([5, 6]))
    const [stages, programs] = life.split('\n-- codegen\n')
    expect(block('life')).toBe(stages)
    expect(block('program')).toBe(programs!.split(/^#\d\n/m).at(-1))
  })

  it('names every layer of the library, in order', () => {
    const named = [...page.matchAll(/^\| `((?:lib|models|scripts)[^`]*)`/gm)].map(([, folder]) => folder)
    // the index of the library and its specs tell for themselves
    expect(named).toEqual(layers.filter((layer) => layer !== 'lib' && layer !== 'spec'))
  })

  it('names files that are there', () => {
    const files = readdirSync(new URL('lib', root), { recursive: true, encoding: 'utf8' })
    const named = [...page.matchAll(/`((?:device|graph|schedule|codegen)\/[\w/-]+(?:\.ts)?)`/g)].map(
      ([, path]) => path!
    )
    expect(named.length).toBeGreaterThan(8)
    for (const path of named) expect(files).toContainEqual(expect.stringMatching(new RegExp(`(^|/)${path}$`)))
  })
})
