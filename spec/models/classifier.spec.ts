import { readFileSync } from 'node:fs'
import * as E from 'fp-ts/Either'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import { fromFolder } from '../../lib/node.ts'
import { classifier, type ClassifierParams, type Named } from '../../models/index.ts'
import { trainClassifier } from '../../scripts/classify/training.ts'
import { loadClassifier, shippedClassifier } from '../../scripts/lib/classifier-file.ts'
import { accuracyOf, allOf, readerOf } from '../../scripts/lib/reading.ts'
import { originals, right } from '../data/support.ts'
import { evaluate } from '../support/float64.ts'
import { gl } from '../support/gl.ts'
import { differences } from '../support/laws.ts'
import { expectClose } from '../support/tolerance.ts'

const net = classifier()
const params = net.init(t.key(0))
const names = Object.keys(t.flattenTree(params))
const digits = t.drawDigits(t.key(7), 40)
const some = t.batchAt(digits, Uint32Array.of(3, 14))
const x = t.tensor(some.images, [2, 1, 28, 28])
const labels = t.tensor(some.labels, [2])
const loss = (p: ClassifierParams): t.Scalar => t.crossEntropy(net.apply(p, x), labels)

describe('the classifier', () => {
  it('has 10 tensors of 44,058 numbers', () => {
    const sizes = t.tensorsOf(params).map(({ shape }) => shape.reduce((size, d) => size * d, 1))
    expect([sizes.length, sizes.reduce((sum, n) => sum + n, 0)]).toEqual([10, 44_058])
    expect(names.slice(0, 2)).toEqual(['conv1.weight', 'conv1.bias'])
    expect(names.slice(-2)).toEqual(['out.weight', 'out.bias'])
  })

  it('makes 64 features and 10 logits of a picture, each of its own', () => {
    expect(net.features(params, x).shape).toEqual([2, 64])
    const both = evaluate(net.apply(params, x))
    expect(both.length).toBe(20)
    const second = t.tensor(some.images.subarray(784), [1, 1, 28, 28])
    expect(evaluate(net.apply(params, second))).toEqual(both.slice(10))
  })

  it('refuses other pictures', () => {
    for (const call of [net.features, net.apply])
      expect(() => call(params, t.zeros([2, 28, 28]))).toThrow('classifier: wants pictures [N,1,28,28], not [2,28,28]')
  })

  it('has the gradient of its loss', () => {
    const build = (xs: readonly t.Tensor[]): ClassifierParams => {
      const byName = Object.fromEntries(names.map((name, i) => [name, xs[i]!]))
      return t.mapTree(params, (_, name) => byName[name]!)
    }
    differences((xs) => t.reshape(loss(build(xs)), [1]), t.tensorsOf(params), 3)
  })

  it('and its gradient are the same on GL, [gl]', async () => {
    const device = await gl()
    const [value, grads] = t.valueAndGrad(loss)(params)
    const all = [net.features(params, x), value, ...t.tensorsOf(grads)]
    // a sum of the gradient has as many terms as there are pixels in two pictures, its magnitude is that of them all
    for (const [i, computed] of device.compute(all).entries())
      expectClose(await device.read(computed), evaluate(all[i]!), { scale: 4, terms: 2 * 784 }, `result ${i}`)
  })

  it('learns a few digits by heart, [gl]', async () => {
    const device = await gl()
    const training = { dataset: digits, epochs: 30, batch: 20, lr: 4e-3, key: t.key(1) }
    const steps = []
    for await (const record of trainClassifier(device, training)) if (record.kind === 'step') steps.push(record)
    expect(steps.length).toBe(60)
    expect(steps.at(-1)!.loss).toBeLessThan(0.05 * steps[0]!.loss)
    const { classes, confidence } = await readerOf(device, steps.at(-1)!.state.params, 20)(allOf(digits))
    expect(accuracyOf(classes, digits.labels)).toBe(1)
    expect(Math.min(...confidence)).toBeGreaterThan(0.5)
  })
})

describe('its file', () => {
  const named = t.storeTree(params)
  const refused = (given: Named): string => {
    const result = t.restoreTree(given, params)
    if (E.isRight(result)) throw new Error('it was not refused')
    expect(result.left.kind).toBe('mismatch')
    return result.left.message
  }

  it('brings back what was stored', () => {
    const file = right(t.decodeSafetensors(t.encodeSafetensors(named)))
    expect(t.storeTree(right(t.restoreTree(file.tensors, params)))).toEqual(named)
  })

  it('says what is wrong', () => {
    const { 'out.bias': bias, ...rest } = named
    expect(refused(rest)).toBe('out.bias is missing')
    expect(refused({ ...named, extra: bias! })).toBe('extra has no place here')
    expect(refused({ ...named, 'hidden.bias': bias! })).toBe('hidden.bias has the shape [10], here it is [64]')
  })

  it('that comes with the library is small, and reads at least 98 % of MNIST’s test images', () => {
    const bytes = readFileSync(shippedClassifier)
    const { metadata } = right(t.decodeSafetensors(bytes))
    expect(bytes.length).toBeLessThan(500_000)
    expect(metadata).toMatchObject({ format: 'tessera', version: '1', model: 'classifier', dataset: 'mnist' })
    expect(metadata).toMatchObject({ images: '60000', tested: '10000' })
    expect(Number(metadata.accuracy)).toBeGreaterThanOrEqual(0.98)
  })

  it.each(originals('mnist'))('is as good as it says, [gl]: %s', async (folder) => {
    const test = right(await fromFolder(folder, 'mnist', { split: 't10k' })())
    const { params: trained } = right(await loadClassifier(shippedClassifier)())
    const { classes } = await readerOf(await gl(), trained, 500)(allOf(test))
    const { accuracy } = right(t.decodeSafetensors(readFileSync(shippedClassifier))).metadata
    expect(accuracyOf(classes, test.labels)).toBeCloseTo(Number(accuracy), 3)
  })
})
