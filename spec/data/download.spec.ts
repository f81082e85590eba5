import { createHash } from 'node:crypto'
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { sources } from '../../lib/data/catalogue.ts'
import type { Source } from '../../lib/data/catalogue.ts'
import { download, downloadFrom, fromFolder } from '../../lib/platform/node/sources.ts'
import type { DownloadOptions, Fetch } from '../../lib/platform/node/sources.ts'
import { inFolder, left, originals, right, tinyFiles } from './support.ts'

const tiny = tinyFiles(12)
const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const sums = { images: hash(tiny.images), labels: hash(tiny.labels) }

/** A source of twelve images that lies on these mirrors. */
const source = (...mirrors: readonly string[]): Source => ({
  ...sources.mnist,
  mirrors,
  checksums: { train: sums, t10k: sums }
})

type Answer = () => Response | Promise<Response>

const whole = (name: string): Response =>
  new Response(new Uint8Array(gzipSync(name.includes('images') ? tiny.images : tiny.labels)))

/** A `fetch` in which each host answers in its own way; it remembers what it was asked for. */
const network = (
  hosts: Readonly<Record<string, Answer | 'whole'>>
): { readonly fetch: Fetch; readonly asked: string[] } => {
  const asked: string[] = []
  const fetch: Fetch = async (address) => {
    const { host, pathname } = new URL(address)
    asked.push(`${host}${pathname}`)
    const answer = hosts[host]
    return answer === undefined || answer === 'whole' ? whole(pathname) : answer()
  }
  return { fetch, asked }
}

const down: Answer = () => Promise.reject(new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND') }))
const wrong: Answer = () => new Response(new Uint8Array(gzipSync(tinyFiles(11).images)))
const page: Answer = () => new Response('<html>Please log in</html>')
const absent: Answer = () => new Response('gone', { status: 404 })
const halfway: Answer = () => new Response(new Uint8Array(gzipSync(tiny.images).subarray(0, 40)))
const silent: Answer = () => new Promise<Response>(() => undefined)
const stalling: Answer = () =>
  new Response(
    new ReadableStream({
      start: (controller) => controller.enqueue(Uint8Array.of(0x1f, 0x8b))
    })
  )
const trickling: Answer = () =>
  new Response(
    new ReadableStream({
      pull: async (controller) => {
        await new Promise((resolve) => setTimeout(resolve, 10))
        controller.enqueue(Uint8Array.of(0))
      }
    })
  )
const endless: Answer = () =>
  new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(2 ** 23)) }))

const quick: DownloadOptions = { retryMs: 1, stallMs: 150, limitMs: 10_000 }

/** Downloads from mirrors a and b, which answer so, into a new cache; tells what lies there afterwards. */
const from = (a: Answer | 'whole', b: Answer | 'whole', options: DownloadOptions = {}) =>
  inFolder(async (cache) => {
    const { fetch, asked } = network({ 'a.test': a, 'b.test': b })
    const mirrors = source('https://a.test/x/', 'https://b.test/')
    const result = await downloadFrom(mirrors, { ...quick, cache, fetch, ...options })()
    const files = await readdir(cache, { recursive: true })
    return { result, asked, files: files.sort() }
  })

const KEPT = ['mnist', join('mnist', 'train-images-idx3-ubyte'), join('mnist', 'train-labels-idx1-ubyte')]

describe('download', () => {
  it('takes the first mirror that answers and keeps the unpacked files', async () => {
    const { result, asked, files } = await from('whole', down)
    expect(right(result)).toMatchObject({ name: 'mnist', count: 12 })
    expect(asked).toStrictEqual(['a.test/x/train-labels-idx1-ubyte.gz', 'a.test/x/train-images-idx3-ubyte.gz'])
    expect(files).toStrictEqual(KEPT)
  })

  it.each([
    ['is down', down],
    ['has another file', wrong],
    ['sends a page', page],
    ['has no such file', absent],
    ['breaks off', halfway],
    ['never answers', silent],
    ['stops sending', stalling],
    ['never stops sending', endless]
  ])('goes on to the next mirror where one %s', async (_, answer) => {
    const { result, files } = await from(answer, 'whole')
    expect(right(result).count).toBe(12)
    expect(files).toStrictEqual(KEPT)
  })

  it('tries a mirror that is down once more, and one with another file not', async () => {
    let failures = 0
    const flaky: Answer = () => (failures++ === 0 ? down() : whole('labels'))
    const once = await from(flaky, 'whole')
    expect(once.asked.slice(0, 2)).toStrictEqual(Array(2).fill('a.test/x/train-labels-idx1-ubyte.gz'))
    const twice = await from(wrong, 'whole')
    expect(twice.asked.slice(0, 2)).toStrictEqual([
      'a.test/x/train-labels-idx1-ubyte.gz',
      'b.test/train-labels-idx1-ubyte.gz'
    ])
  })

  it('fails with kind network where no mirror answers, and says what to do', async () => {
    const { result, files } = await from(down, absent)
    expect(left(result)).toStrictEqual({
      kind: 'network',
      message:
        'MNIST: train-labels-idx1-ubyte could not be downloaded (a.test: getaddrinfo ENOTFOUND; b.test: HTTP status 404): ' +
        'try again later, or name a folder that holds the files with --data DIR'
    })
    expect(files).toStrictEqual(['mnist'])
  })

  it('says that a mirror was too slow', async () => {
    const { result } = await from(silent, stalling)
    expect(left(result).message).toContain('a.test: nothing came for 0.15 s; b.test: nothing came for 0.15 s')
  })

  it('says that a mirror took too long in all, though something always came', async () => {
    const { result } = await from(trickling, trickling, { limitMs: 100 })
    expect(left(result).kind).toBe('network')
    expect(left(result).message).toContain('a.test: not done after 0.1 s')
  })

  it.each([
    ['another file', wrong, 'a.test: its SHA-256 is not the known one'],
    ['a page', page, 'a.test: its SHA-256 is not the known one'],
    ['half a file', halfway, 'a.test: train-labels-idx1-ubyte: damaged gzip file']
  ])('fails with kind checksum where %s is all that came, and keeps nothing', async (_, answer, message) => {
    const { result, files } = await from(answer, down)
    expect(left(result).kind).toBe('checksum')
    expect(left(result).message).toContain(message)
    expect(files).toStrictEqual(['mnist'])
  })

  it('tells the progress of each file', async () => {
    const seen: [string, number, number | undefined][] = []
    await from('whole', 'whole', { onProgress: (...progress) => seen.push(progress) })
    const size = gzipSync(tiny.images).length
    expect(seen.at(-1)).toStrictEqual(['train-images-idx3-ubyte', size, undefined])
    expect(new Set(seen.map(([file]) => file))).toStrictEqual(
      new Set(['train-labels-idx1-ubyte', 'train-images-idx3-ubyte'])
    )
  })

  it('fails with kind write where the cache cannot be written, before anything is asked for', async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'file')
      await writeFile(file, 'not a folder')
      const { fetch, asked } = network({})
      const result = await downloadFrom(source('https://a.test/'), { ...quick, cache: file, fetch })()
      expect(left(result).kind).toBe('write')
      expect(asked).toStrictEqual([])
    })
  })
})

describe('the cache', () => {
  it('serves a second time without the network, and is a folder that can be named', async () => {
    await inFolder(async (cache) => {
      const { fetch, asked } = network({})
      const get = downloadFrom(source('https://a.test/'), { ...quick, cache, fetch })
      const first = right(await get())
      expect(right(await get())).toStrictEqual(first)
      expect(asked).toHaveLength(2)
      expect(right(await fromFolder(join(cache, 'mnist'), 'mnist')()).images).toStrictEqual(first.images)
    })
  })

  it('gets a file anew that was damaged there', async () => {
    await inFolder(async (cache) => {
      const path = join(cache, 'mnist', 'train-images-idx3-ubyte')
      await mkdir(join(cache, 'mnist'))
      await writeFile(path, tiny.images.subarray(0, 100))
      const { fetch } = network({})
      expect(right(await downloadFrom(source('https://a.test/'), { ...quick, cache, fetch })()).count).toBe(12)
      expect(hash(await readFile(path))).toBe(sums.images)
    })
  })

  it('keeps a damaged file where no mirror has a better one', async () => {
    await inFolder(async (cache) => {
      const path = join(cache, 'mnist', 'train-labels-idx1-ubyte')
      await mkdir(join(cache, 'mnist'))
      await writeFile(path, 'damaged')
      const { fetch } = network({ 'a.test': down })
      const result = await downloadFrom(source('https://a.test/'), { ...quick, cache, fetch })()
      expect(left(result).kind).toBe('network')
      expect(await readFile(path, 'utf8')).toBe('damaged')
    })
  })

  it('refuses a mirror that is no URL before it asks any', async () => {
    await inFolder(async (cache) => {
      const { fetch, asked } = network({})
      const from = source('https://a.test/', 'b.test/mnist/\u009b')
      expect(left(await downloadFrom(from, { ...quick, cache, fetch })())).toEqual({
        kind: 'usage',
        message: 'MNIST: the mirror "b.test/mnist/\\u009b" is no URL: name it in full, with https:// in front'
      })
      expect(asked).toEqual([])
    })
  })
})

/** Runs `use` with the address of a server on this machine. */
const serving = async <A>(answer: RequestListener, use: (address: string) => Promise<A>): Promise<A> => {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  try {
    return await use(`http://127.0.0.1:${port}/`)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

describe('over HTTP', () => {
  const packed = (url = ''): Buffer => gzipSync(url.includes('images') ? tiny.images : tiny.labels)

  it('downloads with the totals that the server tells', async () => {
    const totals: (number | undefined)[] = []
    await serving(
      ({ url }, response) => response.setHeader('content-length', packed(url).length).end(packed(url)),
      (address) =>
        inFolder(async (cache) => {
          const onProgress = (_: string, __: number, total: number | undefined): number => totals.push(total)
          const result = await downloadFrom(source(address), { ...quick, stallMs: 2000, cache, onProgress })()
          expect(right(result).count).toBe(12)
        })
    )
    expect(new Set(totals)).toStrictEqual(new Set([packed('labels').length, packed('images').length]))
  })

  it('takes files that the server declares as encoded, which fetch unpacks by itself', async () => {
    await serving(
      ({ url }, response) => response.setHeader('content-encoding', 'gzip').end(packed(url)),
      (address) =>
        inFolder(async (cache) => {
          const result = await downloadFrom(source(address), { ...quick, stallMs: 2000, cache })()
          expect(right(result).count).toBe(12)
        })
    )
  })

  it('notices a connection that breaks', async () => {
    await serving(
      ({ url, socket }, response) => {
        response
          .setHeader('content-length', packed(url).length)
          .write(packed(url).subarray(0, 20), () => socket.destroy())
      },
      (address) =>
        inFolder(async (cache) => {
          const result = await downloadFrom(source(address), { ...quick, stallMs: 2000, cache })()
          expect(left(result).kind).toBe('network')
          expect(await readdir(join(cache, 'mnist'))).toStrictEqual([])
        })
    )
  })
})

describe('the catalogue', () => {
  it('has ten classes, several mirrors and four checksums for each source', () => {
    for (const { classes, mirrors, checksums } of Object.values(sources)) {
      expect(new Set(classes).size).toBe(10)
      expect(mirrors.length).toBeGreaterThan(1)
      expect(mirrors.every((mirror) => new URL(mirror).pathname.endsWith('/'))).toBe(true)
      const all = Object.values(checksums).flatMap((split) => Object.values(split))
      expect(all.every((sum) => /^[0-9a-f]{64}$/.test(sum))).toBe(true)
    }
    expect(
      new Set(
        Object.values(sources).flatMap(({ checksums }) =>
          Object.values(checksums).flatMap((split) => Object.values(split))
        )
      ).size
    ).toBe(8)
  })

  for (const folder of originals('mnist')) {
    it.each(['train', 't10k'] as const)('accepts the original MNIST files (%s)', async (split) => {
      await inFolder(async (cache) => {
        const fetch: Fetch = async (url) =>
          new Response(new Uint8Array(await readFile(join(folder, new URL(url).pathname.split('/').at(-1)!))))
        const dataset = right(await download('mnist', { cache, fetch, split })())
        expect(dataset.count).toBe(split === 'train' ? 60_000 : 10_000)
      })
    })
  }

  it('does not accept other files for either source', async () => {
    for (const which of ['mnist', 'fashion-mnist'] as const) {
      await inFolder(async (cache) => {
        const { fetch } = network({})
        expect(left(await download(which, { ...quick, cache, fetch })()).kind).toBe('checksum')
      })
    }
  })
})
