import { existsSync, readdirSync, readFileSync } from 'node:fs'
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

describe('pages that quote the library', () => {
  const files = readdirSync(new URL('lib', root), { recursive: true, encoding: 'utf8' })
  const sources = files.filter((file) => file.endsWith('.ts')).map((file) => text(`lib/${file}`))
  const quoted = (path: string, language: 'ts' | 'typescript'): readonly string[] =>
    [...text(path).matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(([, code]) => code!)
  // the guide's other blocks are executed
  const pages = [
    ['docs/contributing.md', quoted('docs/contributing.md', 'ts')],
    ['docs/guide/6-a-new-operation.md', quoted('docs/guide/6-a-new-operation.md', 'typescript')]
  ] as const

  it('show code as it stands there', () => {
    expect(pages.filter(([, blocks]) => blocks.length === 0)).toEqual([])
    const stale = pages.flatMap(([path, blocks]) =>
      blocks
        .filter((code) => sources.filter((source) => source.includes(code)).length !== 1)
        .map((code) => `${path}: ${code.trim().split('\n')[0]}`)
    )
    expect(stale, 'blocks that stand in no file of lib, or in several').toEqual([])
  })

  it('the guide links to files and headings that are there', () => {
    const guide = readdirSync(new URL('docs/guide', root)).filter((file) => file.endsWith('.md'))
    const links = guide.flatMap((file) =>
      [...text(`docs/guide/${file}`).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].map(
        ([, path, heading]) => [new URL(path!, new URL(`docs/guide/${file}`, root)), heading] as const
      )
    )
    expect(links.length).toBeGreaterThan(15)
    for (const [url, heading] of links) {
      expect(existsSync(url), url.pathname).toBe(true)
      const titles = heading === undefined ? [] : [...readFileSync(url, 'utf8').matchAll(/^#+ (.*)$/gm)]
      const anchors = titles.map(([, title]) => title!.toLowerCase().replaceAll(' ', '-'))
      if (heading !== undefined) expect(anchors, url.pathname).toContain(heading)
    }
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
    const named = [...page.matchAll(/`((?:\w+\/)+[\w-]+(?:\.\w+)*)`/g)].map(([, path]) => path!)
    expect(named.length).toBeGreaterThan(20)
    expect(named.filter((path) => !existsSync(new URL(path, root)))).toEqual([])
  })
})
