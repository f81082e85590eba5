import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import * as t from 'tessera'
import { toNamed, unet } from 'tessera/models'
import { afterAll, describe, expect, it } from 'vitest'
import { tinyFiles } from '../data/support.ts'
import { global, program as pickle, pt, reduce, text, tuple } from '../io/assemble.ts'
import { answering, namesIn, program } from './programs.ts'
import type { Options, ProgramName } from './programs.ts'

const folder = mkdtempSync(join(tmpdir(), 'tessera-bad-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const at = (...names: readonly string[]): string => join(folder, ...names)

/** A folder with a data set's files, as given. */
const data = (name: string, files: Readonly<Record<string, Uint8Array>>): string => {
  mkdirSync(at(name))
  for (const [file, bytes] of Object.entries(files)) writeFileSync(at(name, file), bytes)
  return at(name)
}

const { images, labels } = tinyFiles(4)
const [imageFile, labelFile] = ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte']

const model = unet({ steps: 2 })
const named = toNamed(model, model.init(t.key(0)))
const wrong = { ...named, 'conv_out.bias': { shape: [2], data: new Float32Array(2) } }

const file = (name: string, bytes: Uint8Array): string => {
  writeFileSync(at(name), bytes)
  return at(name)
}

const whole = t.encodeSafetensors(named)

interface Case {
  readonly what: string
  readonly program?: ProgramName
  readonly args: readonly string[]
  readonly code: 1 | 2
  readonly says: RegExp
  readonly options?: Options
}

const mnist = (folderName: string): readonly string[] => ['--dataset', 'mnist', '--data', folderName]
const from = (path: string): readonly string[] => ['--no-train', '--model', path]
const test = { 't10k-images-idx3-ubyte': images, 't10k-labels-idx1-ubyte': labels }
const fashion = (folderName: string): readonly string[] => ['--dataset', 'fashion-mnist', '--data', folderName]
const measured = (): readonly string[] => ['--model', file('good.safetensors', whole), '--dataset', 'digits']
const samples = { samples: { shape: [1, 1, 28, 28], data: new Float32Array(28 * 28) } }
const downloads = (response: string): Options => ({ before: answering(response) })

const cases: readonly Case[] = [
  { what: 'an unknown flag', args: ['--epoch', '3'], code: 2, says: /unknown option '--epoch'/ },
  { what: 'a word that is no flag', args: ['mnist'], code: 2, says: /what is mnist\?/ },
  { what: 'no images in a batch', args: ['--batch', '0'], code: 2, says: /--batch.*'0'/ },
  { what: 'a negative limit', args: ['--limit', '-1'], code: 2, says: /--limit.*'-1'/ },
  { what: 'a learning rate that is no number', args: ['--lr', 'nan'], code: 2, says: /--lr.*'nan'/ },
  { what: 'an unknown data set', args: ['--dataset', 'cifar'], code: 2, says: /cifar.*digits, mnist, fashion-mnist/ },
  { what: 'an unknown device', args: ['--device', 'cuda'], code: 2, says: /cuda.*headlessgl, webasm, cpu/ },
  { what: 'no steps to sample in', program: 'sample', args: ['--steps', '0'], code: 2, says: /--steps/ },
  { what: 'an unknown flag of sample', program: 'sample', args: ['--model', 'x', '--foo'], code: 2, says: /--foo/ },
  { what: 'an unknown flag of doctor', program: 'doctor', args: ['--foo'], code: 2, says: /--foo/ },
  {
    what: 'a model whose name would colour a terminal and turn its letters',
    args: from(at('\u009b31m\u202e.safetensors')),
    code: 1,
    says: /^error: no such file: [\x20-\x7e]*\\u009b31m\\u202e\.safetensors\n$/
  },
  { what: 'a missing folder of data', args: mnist(at('nowhere')), code: 1, says: /nowhere/ },
  { what: 'a folder without the files', args: mnist(data('empty', {})), code: 1, says: /train-images-idx3-ubyte/ },
  {
    what: 'a truncated file',
    args: mnist(data('short', { [imageFile]: images.subarray(0, 1000), [labelFile]: labels })),
    code: 1,
    says: /train-images-idx3-ubyte.*984 follow/
  },
  {
    what: 'a truncated gzip file',
    args: mnist(data('cut', { [`${imageFile}.gz`]: gzipSync(images).subarray(0, 30), [labelFile]: labels })),
    code: 1,
    says: /damaged gzip/
  },
  {
    what: 'a file that is no IDX file',
    args: mnist(data('text', { [imageFile]: Buffer.from('hello, world'), [labelFile]: labels })),
    code: 1,
    says: /not an IDX file/
  },
  {
    what: 'labels of other images',
    args: mnist(data('others', { [imageFile]: images, [labelFile]: tinyFiles(3).labels })),
    code: 1,
    says: /4 images but 3 labels/
  },
  {
    what: 'a wrong checksum',
    args: ['--dataset', 'mnist'],
    options: downloads('return new Response(gzipSync("not what was expected"))'),
    code: 1,
    says: /SHA-256/
  },
  {
    what: 'no network',
    args: ['--dataset', 'fashion-mnist'],
    options: downloads('throw new Error("no network")'),
    code: 1,
    says: /could not be downloaded.*--data DIR/
  },
  { what: 'a missing model file', args: from(at('nothing.safetensors')), code: 1, says: /no such file/ },
  {
    what: 'a model of another shape',
    program: 'sample',
    args: ['--model', file('wrong.safetensors', t.encodeSafetensors(wrong))],
    code: 1,
    says: /conv_out\.bias.*\[2\]/
  },
  {
    what: 'a model for a schedule of another length',
    args: ['--model', file('long.safetensors', whole), '--steps', '7'],
    code: 1,
    says: /long\.safetensors.*--steps is 7/
  },
  {
    what: 'a truncated model file',
    args: from(file('cut.safetensors', whole.subarray(0, whole.length - 100))),
    code: 1,
    says: /cut\.safetensors/
  },
  {
    what: 'a model of a later version',
    args: from(file('later.safetensors', t.encodeSafetensors(named, { metadata: { version: '2' } }))),
    code: 1,
    says: /version 2/
  },
  {
    what: 'a model with an impossible schedule',
    args: from(file('beta.safetensors', t.encodeSafetensors(named, { metadata: { betaMax: '7' } }))),
    code: 1,
    says: /betaMax/
  },
  {
    what: 'a model file that is none',
    args: from(file('hello.safetensors', Buffer.from('hello'))),
    code: 1,
    says: /hello/
  },
  {
    what: 'a model file that names os.system',
    program: 'sample',
    args: ['--model', file('owned.pt', pt(pickle(global('os', 'system'), tuple(text('true')), reduce)))],
    code: 1,
    says: /owned\.pt: pytorch: it names "os\.system", which no state dict needs/
  },
  {
    what: 'a truncated .pt file',
    program: 'sample',
    args: ['--model', file('cut.pt', t.encodePyTorch(named).subarray(0, -100))],
    code: 1,
    says: /cut\.pt: zip: the file has no directory at its end/
  },
  { what: 'an unknown flag of classify', program: 'classify', args: ['--foo'], code: 2, says: /--foo/ },
  {
    what: 'a folder of no named data set',
    program: 'classify',
    args: ['--data', 'x'],
    code: 2,
    says: /--dataset mnist/
  },
  {
    what: 'a folder without test images',
    program: 'classify',
    args: mnist(data('untested', { [imageFile]: images, [labelFile]: labels })),
    code: 1,
    says: /no t10k-images-idx3-ubyte in it/
  },
  {
    what: 'drawn digits in a folder',
    program: 'evaluate',
    args: ['--dataset', 'digits', '--data', 'x'],
    code: 2,
    says: /--dataset mnist/
  },
  {
    what: 'samples both kept and given',
    program: 'evaluate',
    args: [...measured(), '--keep', 'x', '--from', 'y'],
    code: 2,
    says: /--keep is for samples that are drawn, --from for those that are there/
  },
  {
    what: 'no model to evaluate',
    program: 'evaluate',
    args: ['--dataset', 'digits', '--model', at('no')],
    code: 1,
    says: /no such file.*no/
  },
  {
    what: 'a classifier that is another model',
    program: 'evaluate',
    args: [...measured(), '--classifier', file('unet.safetensors', whole)],
    code: 1,
    says: /unet\.safetensors: conv1\.weight \(and 9 more\) is missing/
  },
  {
    what: 'a classifier of other images',
    program: 'evaluate',
    args: [...measured(), ...fashion(data('clothes', test))],
    code: 1,
    says: /classifier\.safetensors reads mnist, not fashion-mnist: .*npm run classify -- --dataset fashion-mnist/
  },
  {
    what: 'a single test image',
    program: 'evaluate',
    args: [...measured(), '--limit', '1'],
    code: 1,
    says: /digits: a score wants two test images or more/
  },
  {
    what: 'a file without samples',
    program: 'evaluate',
    args: [...measured(), '--from', file('empty.safetensors', t.encodeSafetensors({}))],
    code: 1,
    says: /empty\.safetensors: it holds no samples/
  },
  {
    what: 'kept samples of another kind',
    program: 'evaluate',
    args: [...measured(), '--keep', file('kept.safetensors', t.encodeSafetensors(samples))],
    code: 1,
    says: /kept\.safetensors: its samples were drawn with another model: name another file, or remove it/
  },
  {
    what: 'a place where no numbers can be written',
    program: 'evaluate',
    args: [...measured(), '--json', join(file('in-the-way', new Uint8Array(1)), 'score.json')],
    code: 1,
    says: /--json .*in-the-way: cannot write/
  }
]

/** One line, which is no piece of a stack trace. */
const oneLine = /^error: [^\n]+\n$/

describe.concurrent('bad input', () => {
  it.each(cases)(
    'is told in one line, and leaves nothing: $what',
    async (given) => {
      const { program: name = 'train', args, code, says, options } = given
      const [to, cache] = [at(`out of ${given.what}`), at(`cache of ${given.what}`)]
      const own = { ...options, env: { XDG_CACHE_HOME: cache } }
      const ended = await program(name, name === 'doctor' ? args : [...args, '--out', to], own)
      expect(ended.stderr).toMatch(oneLine)
      expect(ended.stderr).toMatch(says)
      expect(ended.code).toBe(code)
      expect(ended.stdout).not.toMatch(/compiled|Loss/)
      expect(existsSync(to)).toBe(false)
      expect(namesIn(cache).filter((path) => statSync(join(cache, path)).isFile())).toEqual([])
    },
    120_000
  )

  const places: readonly (readonly [what: string, path: string])[] = [
    ['a file', file('taken', new Uint8Array(1))],
    ['a path through a file', at('taken', 'deeper', 'still')],
    ...(process.platform === 'linux' ? ([['a folder that takes no files', '/proc/tessera/out']] as const) : [])
  ]

  it.each(places)(
    'is told in one line, and leaves nothing: --out %s',
    async (_, path) => {
      const ended = await program('train', ['--limit', '4', '--device', 'cpu', '--out', path])
      expect(ended.stderr).toMatch(oneLine)
      expect(ended.stderr).toMatch(`--out ${path}: cannot write`)
      expect(ended).toMatchObject({ code: 1, stdout: '' })
    },
    120_000
  )
})
