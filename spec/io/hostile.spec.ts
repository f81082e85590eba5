import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { deflateRawSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import {
  bytesOf,
  dict,
  emptyDict,
  emptyTuple,
  floats,
  global,
  int,
  le,
  mark,
  program,
  pt,
  rebuilt,
  reduce,
  setItems,
  stored,
  text,
  tuple,
  zipOf,
  type Part
} from './assemble.ts'

// Files that are made to harm. Each is read in a process of its own, which measures itself.

const folder = mkdtempSync(join(tmpdir(), 'tessera-hostile-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Bytes that reading takes at most; most of these take a tenth. */
const mostBytes = 200e6
/** Milliseconds after which a reader is stopped. All take less than a second; what grows as a square takes hours. */
const patience = 100_000

interface Measured {
  readonly kind?: string
  readonly message: string
  readonly bytes: number
}

const reader = fileURLToPath(new URL('./read-one.ts', import.meta.url))

const measured = (name: string, bytes: Uint8Array): Measured => {
  const path = join(folder, `${name.replaceAll(/\W+/g, '-')}.bin`)
  writeFileSync(path, bytes)
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, ['--import', 'tsx', reader, path], {
    encoding: 'utf8',
    timeout: patience
  })
  if (status !== 0) throw new Error(`the reader ended with ${status ?? signal}: ${stderr}`)
  return JSON.parse(stdout) as Measured
}

const times = (count: number, ...parts: readonly Part[]): Uint8Array => {
  const once = bytesOf(...parts)
  const all = new Uint8Array(count * once.length)
  for (let i = 0; i < count; i++) all.set(once, i * once.length)
  return all
}

/** A file of many views of one storage, which the memo makes cheap: value 0 is the storage, 1 a tuple of sizes. */
const views = (count: number, numbers: number, sizes: Part, strides: Part): Uint8Array => {
  const id = tuple(text('storage'), global('torch', 'FloatStorage'), text('0'), text('cpu'), int(numbers))
  const memo = [
    id,
    'Q',
    'q',
    0,
    '0',
    sizes,
    'q',
    1,
    '0',
    strides,
    'q',
    2,
    '0',
    global('torch._utils', '_rebuild_tensor_v2'),
    'q',
    3,
    '0'
  ]
  const items = Array.from({ length: count }, (_, i) => [
    text(String(i)),
    'h',
    3,
    mark,
    'h',
    0,
    int(0),
    'h',
    1,
    'h',
    2,
    0x89,
    'N',
    't',
    reduce
  ])
  return pt(program(...memo, emptyDict, mark, ...items, setItems), { 0: new Uint8Array(4 * numbers) })
}

// each level holds the one before it twice, a thousand levels
const laughs = [emptyTuple, 'q', 0, Array.from({ length: 1000 }, () => [mark, 'h', 0, 'h', 0, 't', 'q', 0])]
const dicts = [
  emptyDict,
  'q',
  0,
  Array.from({ length: 1000 }, () => [emptyDict, mark, text('a'), 'h', 0, text('b'), 'h', 0, setItems, 'q', 0])
]

const scalar = rebuilt({ count: 1, shape: [], strides: [] })

const zeros = deflateRawSync(new Uint8Array(2 ** 28), { level: 9 })
const bombOf = (size: number): Uint8Array =>
  zipOf([stored('a/data.pkl', program(emptyDict)), { name: 'a/data/0', packed: zeros, method: 8, size }])

const w = (tensor: Parameters<typeof rebuilt>[0], storage: Uint8Array): Uint8Array =>
  pt(program(dict(text('w'), rebuilt(tensor))), { 0: storage })

const whole = w({ count: 2, shape: [2], strides: [1] }, floats(1, 2))
const ones = Array<number>(64).fill(1)

const cases: readonly (readonly [what: string, bytes: () => Uint8Array, says: RegExp])[] = [
  [
    'that names os.system',
    () => pt(program(global('os', 'system'), tuple(text('touch owned')), reduce)),
    /it names "os\.system"/
  ],
  ['that is cut in the middle', () => whole.subarray(0, whole.length / 2), /^zip: the file has no directory/],
  ['that is a zip bomb', () => bombOf(2 ** 28), /^zip: the file of \d+ bytes would inflate to 268435456/],
  [
    'that is a zip bomb and denies it',
    () => zipOf([{ name: 'a/data.pkl', packed: zeros, method: 8, size: 100 }]),
    /inflates to more than the 100 bytes/
  ],
  [
    'whose size disagrees with its storage',
    () => w({ count: 2, shape: [2], strides: [1] }, floats(1)),
    /a storage of 2 numbers \(F32\) in 4 bytes/
  ],
  [
    'that claims a storage of a terabyte',
    () => w({ count: 2 ** 38, shape: [2 ** 38], strides: [1] }, floats(1)),
    /a storage of 274877906944 numbers/
  ],
  [
    'that expands one number to a billion',
    () => w({ count: 1, shape: [1e9], strides: [0] }, floats(1)),
    /the tensors have 1000000000 values/
  ],
  [
    'that shows one storage ten thousand times',
    () => views(10_000, 2 ** 20, tuple(int(2 ** 20)), tuple(int(1))),
    /the tensors have 10485760000 values/
  ],
  [
    'of a safetensors header of 2 GB',
    () => bytesOf(le(8, 2 ** 31), '{"a":1}'),
    /^safetensors: a header of 2147483648 bytes is too long/
  ],
  [
    'of a safetensors header of 90 MB that is not there',
    () => bytesOf(le(8, 9e7), '{"a":1}'),
    /the file ends within its header/
  ],
  [
    'of a safetensors header of 90 MB of open lists',
    () => bytesOf(le(8, 9e7), '{"":', new Uint8Array(9e7 - 4).fill(0x5b)),
    /^safetensors: the header is nested more than 3 levels deep/
  ],
  [
    'of a safetensors header of 90 MB of open objects',
    () => bytesOf(le(8, 9e7), times(18e6, '{"":'), new Uint8Array(18e6).fill(0x7d)),
    /^safetensors: the header is nested more than 3 levels deep/
  ],
  [
    'of a shape of 45 million axes',
    () => bytesOf(le(8, 9e7), '{"":{"shape":[0', times(9e7 / 2 - 8, ',0'), ']'),
    /^safetensors: the header holds a list of more than 64 values/
  ],
  [
    'of 18 million tensors that say nothing',
    () => bytesOf(le(8, 9e7), '{"":{}', times(15e6 - 1, ',"":{}')),
    /^safetensors: the header holds more than 1048576 names/
  ],
  [
    'of a number of 90 million digits',
    () => bytesOf(le(8, 9e7), '{"":', times(9e7 - 4, '1')),
    /^safetensors: the header holds a number of more than 32 characters/
  ],
  ['of tuples in tuples, 2^1000 of them', () => pt(program(laughs)), /it holds a tuple, not a dict/],
  [
    'of dicts in dicts, 2^1000 of them',
    () => pt(program(dict(text('w'), scalar, text('x'), dicts)), { 0: floats(1) }),
    /^read 1$/
  ],
  [
    'that is a list in a list in a list',
    () => pt(program(times(500_000, ']'), times(499_999, 'a'))),
    /it holds a list, not a dict/
  ],
  ['of a million empty dicts', () => pt(program(times(1_000_000, emptyDict))), /^read 0/],
  ['of ten million opcodes', () => pt(program(times(10_000_000, emptyTuple))), /more than 1048576 opcodes/],
  ['that says a text has 4 GB', () => pt(program('X', le(4, 2 ** 32 - 1))), /within a value of 4294967295 bytes/],
  ['that says bytes are 2^63', () => pt(program(0x8e, le(8, 2n ** 63n))), /within a value of 9223372036854776000/],
  [
    'that says a number has 2^31 bytes',
    () => pt(program(0x8b, le(4, 2 ** 31 - 1))),
    /within a value of 2147483647 bytes/
  ],
  [
    'of a number of a megabyte',
    () => pt(program(0x8b, le(4, 2 ** 20), new Uint8Array(2 ** 20))),
    /it holds an int of 1048576 bytes/
  ],
  [
    'of a shape of a million axes, twenty thousand times',
    () => views(20_000, 1, [mark, times(1_000_000, int(1)), 't'], tuple()),
    /a tensor is not made of/
  ],
  ['of twenty thousand views with gaps', () => views(20_000, 2 ** 20, tuple(int(2)), tuple(int(2 ** 20 - 1))), /^read/],
  [
    'of two thousand tensors of 64 axes',
    () => views(2000, 64, tuple(...ones.map((_, i) => int(i === 0 ? 64 : 1))), tuple(...ones.map(() => int(1)))),
    /^read/
  ]
]

describe('a file', () => {
  it.each(cases)('%s costs next to nothing', (what, bytes, says) => {
    const { message, kind, bytes: taken } = measured(what, bytes())
    expect(message).toMatch(says)
    if (!message.startsWith('read')) expect(kind).toBe('format')
    expect(message).toMatch(/^[^\n]{1,250}$/)
    expect(taken).toBeLessThan(mostBytes)
  })
})
