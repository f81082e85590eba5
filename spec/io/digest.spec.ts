import { createHash } from 'node:crypto'
import fc from 'fast-check'
import * as t from 'tessera'
import { toNamed, unet } from 'tessera/models'
import { describe, expect, it } from 'vitest'
import { right } from '../data/support.ts'
import { damages } from '../../scripts/soak/damage.ts'
import { refused, sameBytes } from './tensors.ts'

const small = {
  w: { shape: [2, 2], data: Float32Array.of(1, -2, NaN, 0.5) },
  b: { shape: [], data: Float32Array.of(7) }
}
const metadata = { format: 'tessera', training: '{"place":{"step":3}}', 'a "quoted" name': 'é\\"' }

describe('the SHA-256 in a safetensors file', () => {
  it('is of the file with 64 zeros in its place, and is one more text for other programs', () => {
    const text = new TextDecoder('latin1').decode(t.encodeSafetensors(small, { metadata }))
    const [whole, digits] = /"tessera\.sha256":"tessera-sha256:([0-9a-f]{64})"/.exec(text)!
    const unsealed = Buffer.from(text.replace(whole, whole.replace(digits!, '0'.repeat(64))), 'latin1')
    expect(digits).toBe(createHash('sha256').update(unsealed).digest('hex'))
    expect(right(t.decodeSafetensors(t.encodeSafetensors(small, { metadata }))).metadata).toEqual(metadata)
  })

  it('finds 200 random damages of a model and its training state, all of them', () => {
    const model = unet({ steps: 20 })
    const file = t.encodeSafetensors(toNamed(model, model.init(t.key(1))), { metadata })
    fc.assert(
      fc.property(damages, (damage) => {
        const bytes = damage(file)
        fc.pre(!sameBytes(bytes, file))
        expect(t.decodeSafetensors(bytes)._tag).toBe('Left')
      }),
      { numRuns: 200 }
    )
  })

  it('finds every bit that is turned, in the data, the header and the digest itself', () => {
    const file = t.encodeSafetensors(small, { metadata })
    const unseen = Array.from({ length: 8 * file.length }, (_, bit) => bit).filter((bit) => {
      const bytes = file.slice()
      bytes[bit >> 3]! ^= 1 << (bit & 7)
      return t.decodeSafetensors(bytes)._tag === 'Right'
    })
    expect(unseen).toEqual([])
  })

  it('says that the file is damaged, and what to do', () => {
    const bytes = t.encodeSafetensors(small, { metadata })
    bytes[bytes.length - 1]! ^= 1
    expect(refused(t.decodeSafetensors(bytes))).toBe(
      'safetensors: the file is damaged: its SHA-256 is not the one that it was written with; take another copy of it ' +
        '(a program that changes such a file drops tessera.sha256 from its metadata)'
    )
  })

  it('may be left out, as in files of others, which are read as they are', () => {
    const bytes = t.encodeSafetensors(small, { metadata, digest: false })
    expect(new TextDecoder('latin1').decode(bytes)).not.toContain('sha256')
    expect(right(t.decodeSafetensors(bytes))).toEqual(
      right(t.decodeSafetensors(t.encodeSafetensors(small, { metadata })))
    )
  })

  it('keeps other texts from being taken for it', () => {
    const encode = (name: string, text: string) => () => t.encodeSafetensors(small, { metadata: { [name]: text } })
    expect(encode('tessera.sha256', 'x')).toThrow("the text tessera.sha256 would be taken for the file's digest")
    expect(encode('x"tessera.sha256', `tessera-sha256:${'0'.repeat(64)}`)).toThrow('would be taken for the file')
    expect(encode('x"tessera.sha256', 'tessera-sha256:')).not.toThrow()
  })
})
