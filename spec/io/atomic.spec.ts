import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { left, right } from 'fp-ts/Either'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { copyAtomic, ensureFolder, readBytes, removeLeftovers, writeAtomic } from '../../lib/platform/node/atomic.ts'

let root = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tessera-spec-'))
})
afterAll(() => rm(root, { recursive: true }))

const folder = (): Promise<string> => mkdtemp(join(root, 'a'))
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const done = right(undefined)

describe('writeAtomic and readBytes', () => {
  it('give back what was written, and leave one file', async () => {
    const path = join(await folder(), 'file')
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (content) => {
        expect(await writeAtomic(path, content)()).toStrictEqual(done)
        expect(await readBytes(path)()).toStrictEqual(right(content))
        expect(await readdir(dirname(path))).toStrictEqual(['file'])
      }),
      { numRuns: 30 }
    )
  })

  it('write the part that a view shows', async () => {
    const path = join(await folder(), 'file')
    await writeAtomic(path, bytes('abcdef').subarray(2, 4))()
    expect(await readFile(path, 'utf8')).toBe('cd')
  })

  it('do nothing before they are run', async () => {
    const path = join(await folder(), 'file')
    const write = writeAtomic(path, bytes('a'))
    expect(existsSync(path)).toBe(false)
    await write()
    expect(existsSync(path)).toBe(true)
  })

  it('show the whole of one content or the whole of another to whoever reads in between', async () => {
    const path = join(await folder(), 'file')
    const contents = Array.from({ length: 8 }, (_, i) => new Uint8Array(300_000 + i).fill(i))
    await writeAtomic(path, contents[0]!)()
    const writes = Promise.all(contents.map((content) => writeAtomic(path, content)()))
    for (let i = 0; i < 20; i++) {
      const seen = await readFile(path)
      expect(Buffer.compare(seen, contents[seen[0]!]!)).toBe(0)
    }
    expect(await writes).toStrictEqual(contents.map(() => done))
    expect(await readdir(dirname(path))).toStrictEqual(['file'])
  })

  it('fail with one line that says why, and leave nothing behind', async () => {
    const dir = await folder()
    await writeFile(join(dir, 'file'), 'old')
    await mkdir(join(dir, 'sub', 'full'), { recursive: true })
    const cases = [
      ['none/file', 'its folder does not exist: create it or name another'],
      ['file/file', 'a part of its path is a file, not a folder: name another'],
      ['sub', 'it is a folder: name a file'],
      ['x'.repeat(300), 'the name is too long: name a shorter one']
    ] as const
    for (const [name, why] of cases) {
      const path = join(dir, name)
      const message = `cannot write ${path}: ${why}`
      expect(await writeAtomic(path, bytes('new'))()).toStrictEqual(left({ kind: 'write', message }))
    }
    expect((await readdir(dir)).sort()).toStrictEqual(['file', 'sub'])
    expect(await readdir(join(dir, 'sub'))).toStrictEqual(['full'])
    expect(await readFile(join(dir, 'file'), 'utf8')).toBe('old')
  })

  it('say what cannot be read', async () => {
    const dir = await folder()
    const path = join(dir, 'none')
    expect(await readBytes(path)()).toStrictEqual(left({ kind: 'missing', message: `no such file: ${path}` }))
    const message = `cannot read ${dir}: it is a folder: name a file`
    expect(await readBytes(dir)()).toStrictEqual(left({ kind: 'missing', message }))
  })
})

describe('copyAtomic', () => {
  it('copies a file, so that neither changes with the other, even in place', async () => {
    const dir = await folder()
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 5000 }), fc.boolean(), async (content, isFirst) => {
        await writeAtomic(from, content)()
        expect(await copyAtomic(from, to)()).toStrictEqual(done)
        await writeFile(isFirst ? from : to, 'damage', { flag: 'r+' })
        expect(await readBytes(isFirst ? to : from)()).toStrictEqual(right(content))
        expect((await readdir(dir)).toSorted()).toStrictEqual(['from', 'to'])
      }),
      { numRuns: 30 }
    )
  })

  it('fails with one line that says why, and leaves what was there', async () => {
    const dir = await folder()
    await writeFile(join(dir, 'file'), 'old')
    await mkdir(join(dir, 'sub', 'full'), { recursive: true })
    for (const [from, to] of [
      ['none', 'file'],
      ['file', 'sub'],
      ['file', 'none/file']
    ] as const)
      expect(await copyAtomic(join(dir, from), join(dir, to))()).toMatchObject(left({ kind: 'write' }))
    expect((await readdir(dir)).toSorted()).toStrictEqual(['file', 'sub'])
    expect(await readFile(join(dir, 'file'), 'utf8')).toBe('old')
  })
})

describe('ensureFolder', () => {
  it('makes all the folders that are missing, and leaves nothing in them', async () => {
    const dir = join(await folder(), 'a', 'b', 'c')
    expect(await ensureFolder(dir)()).toStrictEqual(done)
    expect(await ensureFolder(dir)()).toStrictEqual(done)
    expect(await readdir(dir)).toStrictEqual([])
  })

  it('takes relative paths and a slash at the end', async () => {
    const dir = join(await folder(), 'a')
    expect(await ensureFolder(`${dir}/`)()).toStrictEqual(done)
    expect(await ensureFolder('.')()).toStrictEqual(done)
  })

  it('may run several times at once', async () => {
    const dir = join(await folder(), 'a', 'b')
    const all = await Promise.all([1, 2, 3, 4].map(() => ensureFolder(dir)()))
    expect(all).toStrictEqual([done, done, done, done])
  })

  it('fails where a file is in the way', async () => {
    const path = join(await folder(), 'file')
    await writeFile(path, 'old')
    for (const dir of [path, join(path, 'sub')]) {
      const message = `cannot write ${dir}: a file stands in its way: name another folder`
      expect(await ensureFolder(dir)()).toStrictEqual(left({ kind: 'write', message }))
    }
    expect(await readFile(path, 'utf8')).toBe('old')
  })

  it('fails, rather than trying for ever, where nobody may write', async () => {
    expect(await ensureFolder('/proc/tessera/out')()).toMatchObject(left({ kind: 'write' }))
  })
})

describe('removeLeftovers', () => {
  it('removes what a killed process was about to write, and nothing else', async () => {
    const at = await folder()
    const names = [
      'model.safetensors',
      '.tessera-0123456789abcdef.tmp',
      '.tessera-fedcba9876543210.tmp',
      '.tessera-x.tmp'
    ]
    for (const name of names) await writeFile(join(at, name), name)
    expect(await removeLeftovers(at)()).toStrictEqual(done)
    expect((await readdir(at)).toSorted()).toStrictEqual(['.tessera-x.tmp', 'model.safetensors'])
  })

  it('says where it cannot', async () => {
    const nowhere = join(await folder(), 'nowhere')
    expect(await removeLeftovers(nowhere)()).toMatchObject(left({ kind: 'write' }))
  })
})
