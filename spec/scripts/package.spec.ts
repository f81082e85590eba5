import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { asInstalled, entries, inCode, inTypes, root, sources } from '../../scripts/build/paths.ts'
import { markPure } from '../../scripts/build/pure.ts'

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  readonly dependencies: Readonly<Record<string, string>>
}
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest

const exported = Object.entries(manifest.exports).flatMap(([name, target]) =>
  typeof target === 'string' ? [] : [[name.replace('.', 'tessera'), target] as const]
)

describe('package.json', () => {
  it('exports the modules that the build knows, with their declarations', () => {
    expect(exported.map(([name]) => name).toSorted()).toEqual(Object.keys(entries).toSorted())
    for (const [name, target] of exported) {
      const source = entries[name]!
      expect(existsSync(join(root, source))).toBe(true)
      expect(target.default).toBe(`./dist/${source.replace('.ts', '.js')}`)
      expect(target.types).toBe(`./dist/${source.replace('.ts', '.d.ts')}`)
    }
  })

  it('depends on what the library imports, and on nothing else but the types of what has none', () => {
    const named = sources().flatMap((path) =>
      [...readFileSync(join(root, path), 'utf8').matchAll(/^(?:import|export|\}) .*from '([^.#'][^']*)'$/gm)].map(
        ([, name]) => /^(@[^/]+\/)?[^/]+/.exec(name!)![0]
      )
    )
    const needed = [...new Set(named)].filter((name) => !name.startsWith('node:'))
    expect(Object.keys(manifest.dependencies).filter((name) => !name.startsWith('@types/')).toSorted()).toEqual(needed.toSorted()) // prettier-ignore
  })
})

describe('a name in the build', () => {
  it.each([
    ['../core/tensor.ts', '../core/tensor.js', '../core/tensor.js'],
    ['fp-ts/Either', '#fp-ts/Either', 'fp-ts/lib/Either.js'],
    ['#platform', '#dist/platform', '#platform'],
    ['gpu.js', 'gpu.js', 'gpu.js']
  ])('of %s is %s, and in declarations %s', (source, code, types) => {
    expect([inCode(source), inTypes(source)]).toEqual([code, types])
  })
})

it('calls programs what they are called where there are no scripts', () => {
  const text = 'npm run doctor and npm run sample -- --count 1, but npm run setup'
  expect(asInstalled(text)).toBe('npx tessera doctor and npx tessera sample --count 1, but npm run setup')
})

describe('calls that are marked as pure', () => {
  const marked = (text: string): string => markPure('a.ts', text).replaceAll('/* @__PURE__ */ ', '!')

  it('are those that make constants', () => {
    expect(marked('export const a = f(g(1), new Map([h()]))')).toBe('export const a = !f(!g(1), !new Map([!h()]))')
  })

  it('are not those that functions make later, nor statements', () => {
    const text = 'const f = () => g(1)\ng(2)\nconst o = { m() { return g(3) } }\nclass A { b = g(4) }'
    expect(marked(text)).toBe(text)
  })
})
