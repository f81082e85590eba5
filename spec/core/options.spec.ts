import { mixture } from 'tessera/laws'
import { describe, expect, it } from 'vitest'
import * as t from '../../lib/index.ts'
import * as node from '../../lib/node.ts'
import { unet } from '../../models/index.ts'
import { fakeCanvas } from '../render/canvas.fake.ts'

/** Calls a function with options that the types do not let through. */
type Call = (options: never) => unknown

const w = t.ones([1, 1, 2, 2])
const image4 = t.ones([1, 4, 2, 2])
const images: t.Images = { data: Float32Array.of(0, 1), shape: [2, 1, 1] }
const silent: t.Model<null> = (_, x) => x
const schedule = t.linearSchedule({ steps: 2 })
const sampled = (options: never) => t.sample(t.reference, t.ddpm(), schedule, silent)(null, options).next()
const estimated =
  (run: (params: null, x0: t.Tensor, by: t.Estimation) => AsyncGenerator) =>
  (options: never): unknown =>
    run(null, w, options).next()
const cpu = await t.device({ name: 'cpu' })

/** Every function that takes options: its name in messages, the call, and the names of its options. */
const functions: readonly (readonly [op: string, call: Call, names: readonly string[]])[] = [
  ['conv2d', (o) => t.conv2d(w, o), ['stride', 'padding']],
  ['convTranspose2d', (o) => t.convTranspose2d(w, o), ['stride', 'padding', 'outputPadding']],
  ...(['sum', 'max', 'min', 'prod', 'mean', 'variance'] as const).flatMap((name) => [
    [name, (o: never) => t[name](w, o), ['axes', 'keepDims']] as const,
    [name, (o: never) => t[name](o), ['axes', 'keepDims']] as const
  ]),
  ['adam', (o) => t.adam(o), ['lr', 'beta1', 'beta2', 'eps']],
  ['sgd', (o) => t.sgd(o), ['lr', 'momentum']],
  ['ema', (o) => t.ema(o), ['decay']],
  ['withAverage', (o) => t.withAverage(t.adam(), o), ['decay']],
  ['clipNorm', (o) => t.clipNorm(t.adam(), o), ['norm']],
  ['warmupCosine', (o) => t.warmupCosine(o), ['warmup', 'steps']],
  ['ddim', (o) => t.ddim(o), ['stochasticity']],
  ['ddpm', (o) => t.ddpm(o), ['variance']],
  ['dpmpp2mSde', (o) => t.dpmpp2mSde(o), ['stochasticity']],
  ['dpmpp3mSde', (o) => t.dpmpp3mSde(o), ['stochasticity']],
  ['lms', (o) => t.lms(o), ['order']],
  ['inpaint', (o) => t.inpaint(t.ddim(), o), ['known', 'mask']],
  ['resampled', (o) => t.resampled(t.ddim(), o), ['times']],
  ['measured', (o) => t.measured(t.ddim(), o), ['measure', 'found', 'scale']],
  ['guided', (o) => t.guided<null, null>((_, x) => x, 1, o), ['rescale', 'interval']],
  ['classifierGuided', (o) => t.classifierGuided(silent, () => t.scalar(0), o), ['schedule', 'scale']],
  ['dropLabels', (o) => t.dropLabels(w, t.key(0), o), ['rate', 'none']],
  ['loss', (o) => t.loss(schedule, silent, o), ['prediction', 'weight']],
  ['importance', (o) => t.importance(o), ['steps', 'history', 'equal']],
  ['hybridLoss', (o) => t.hybridLoss(schedule, silent, o), ['prediction', 'data', 'lambda']],
  ['hybridTerms', (o) => t.hybridTerms(schedule, silent, o), ['prediction', 'data']],
  ['minSnr', (o) => t.minSnr(o), ['gamma']],
  ['p2', (o) => t.p2(o), ['gamma', 'k']],
  ['edmWeight', (o) => t.edmWeight(o), ['sigmaData']],
  ['scheduleBy', (o) => t.scheduleBy(() => 1, o), ['steps']],
  ['scheduleBy', (o) => t.cosineSchedule(o), ['steps']],
  ['scaledLinearSchedule', (o) => t.scaledLinearSchedule(o), ['steps', 'betaMin', 'betaMax']],
  ['sigmoidBetaSchedule', (o) => t.sigmoidBetaSchedule(o), ['steps', 'betaMin', 'betaMax']],
  ['mixture', (o) => mixture(o), ['means', 'variances', 'weights']],
  ['linearSchedule', (o) => t.linearSchedule(o), ['steps', 'betaMin', 'betaMax']],
  ['denoiseStep', (o) => t.denoiseStep(schedule, silent, o), ['variance', 'clip']],
  [
    'sample',
    (o) => t.sample(t.reference, t.ddpm(), schedule, silent, o),
    ['steps', 'spacing', 'timesteps', 'prediction', 'clip', 'clippedNoise']
  ],
  ['sample', sampled, ['key', 'count', 'shape', 'start', 'noiseAt', 'condition', 'keep']],
  [
    'variationalBound',
    (o) => t.variationalBound(t.reference, schedule, silent, o),
    ['steps', 'spacing', 'timesteps', 'prediction', 'clip', 'clippedNoise', 'variance', 'data']
  ],
  ['variationalBound', estimated(t.variationalBound(t.reference, schedule, silent)), ['key', 'condition']],
  [
    'flowLikelihood',
    (o) => t.flowLikelihood(t.reference, schedule, silent, o),
    ['steps', 'spacing', 'timesteps', 'prediction', 'divergence', 'probes', 'data']
  ],
  ['flowLikelihood', estimated(t.flowLikelihood(t.reference, schedule, silent)), ['key', 'condition']],
  ['device', (o) => t.device(o), ['name', 'limits', 'costs', 'onCompile', 'helpers']],
  ['device', (o) => t.openDevice(o), ['name', 'limits', 'costs', 'onCompile', 'helpers']],
  ['device: limits', (limits) => t.openDevice({ limits }), ['targets', 'inputs', 'textureSize', 'bytes']],
  ['device: costs', (costs) => t.openDevice({ costs }), ['fetch', 'madd', 'loop', 'write', 'call', 'cores', 'block']],
  ['compile', (o) => t.reference.compile(t.sin, o), ['donate']],
  ['compile', (o) => cpu.compile(t.sin, o), ['donate']],
  ['drawDigits', (o) => t.drawDigits(t.key(0), 1, o), ['createCanvas', 'fonts']],
  ['grid', (o) => t.grid(images, o), ['rows', 'cols', 'gap', 'scale', 'range', 'background']],
  ['gridSize', (o) => t.gridSize(4, o), ['rows', 'cols', 'gap', 'scale', 'range', 'background']],
  ['encodeGif', (o) => t.encodeGif([t.grid(images)], o), ['delayMs']],
  ['lossChart', (o) => t.lossChart([], fakeCanvas(), o), ['title', 'width', 'height', 'scale']],
  ['writeLossChart', (o) => node.writeLossChart('never.png', [], o), ['title', 'width', 'height', 'scale']],
  ['download', (o) => node.download('mnist', o), ['split', 'cache', 'onProgress', 'fetch', 'stallMs', 'limitMs', 'retryMs']], // prettier-ignore
  ['unet', (o) => unet(o), ['steps', 'timeEmbedding', 'size', 'channels', 'width', 'classes', 'norm', 'attention']],
  ['groupNorm', (o) => t.groupNorm(image4, { weight: t.ones([4]), bias: t.zeros([4]) }, o), ['groups', 'eps']]
]

/** What a call throws, at once or later. */
const thrownBy = async (call: () => unknown): Promise<unknown> => {
  try {
    await call()
    return undefined
  } catch (thrown) {
    return thrown
  }
}

describe.each(functions)('%s', (op, call, names) => {
  it.each(['dilation', 'nesterov', `${names[0]!}s`, names[0]!.toUpperCase(), 'toString', 'constructor'])(
    'names an option that it does not have, %s, and all that it has',
    async (wrong) => {
      const thrown = await thrownBy(() => call({ [wrong]: 1 } as never))
      expect(thrown).toBeInstanceOf(t.TesseraError)
      const { message } = thrown as Error
      expect(message).toMatch(new RegExp(`^${op}: there is no option ${wrong}: there (is|are) `))
      for (const name of names) expect(message.slice(message.lastIndexOf(':'))).toContain(name)
    }
  )

  it.each([[null], [1], ['same'], [[1]], [true]])('takes no %j for an object with options', async (wrong) => {
    const thrown = await thrownBy(() => call(wrong as never))
    expect(thrown).toBeInstanceOf(t.TesseraError)
    expect((thrown as Error).message).toMatch(new RegExp(`^${op}: wants an object with `))
  })
})

const image = t.ones([1, 1, 4, 4])
const wrongValues: readonly (readonly [call: () => unknown, message: string])[] = [
  [() => t.conv2d(w, { stride: 1.5 }), 'conv2d: stride is a whole number of at least 1, not 1.5'],
  [() => t.conv2d(w, { stride: 0 }), 'conv2d: stride is a whole number of at least 1, not 0'],
  [() => t.conv2d(w, { stride: NaN }), 'conv2d: stride is a whole number of at least 1, not NaN'],
  [() => t.conv2d(w, { stride: [2, -1] }), 'conv2d: stride is a whole number of at least 1, not -1'],
  [() => t.conv2d(w, { stride: [2] as never }), 'conv2d: stride is a whole number or two of them, not [2]'],
  [() => t.conv2d(w, { stride: [1, 2, 3] as never }), 'conv2d: stride is a whole number or two of them, not [1,2,3]'],
  [() => t.conv2d(w, { padding: -1 }), 'conv2d: padding is a whole number of at least 0, not -1'],
  [() => t.conv2d(w, { padding: 0.5 }), 'conv2d: padding is a whole number of at least 0, not 0.5'],
  [() => t.conv2d(w, { padding: [1, -1] }), 'conv2d: padding is a whole number of at least 0, not -1'],
  [() => t.conv2d(w, { padding: [[1, -1], 0] }), 'conv2d: padding is a whole number of at least 0, not -1'],
  [() => t.conv2d(w, { padding: [[1, 1, 1], 0] as never }), 'conv2d: padding is a whole number or two of them, not [1,1,1]'], // prettier-ignore
  [() => t.conv2d(w, { padding: 'SAME' as never }), "conv2d: padding is 'same', 'valid', a number of zeros, or one per axis [a,b] or [[a,b],[c,d]], not 'SAME'"], // prettier-ignore
  [() => t.conv2d(w, { padding: [1, 2, 3] as never }), "conv2d: padding is 'same', 'valid', a number of zeros, or one per axis [a,b] or [[a,b],[c,d]], not [1,2,3]"], // prettier-ignore
  [() => t.convTranspose2d(w, { stride: 1.5 }), 'convTranspose2d: stride is a whole number of at least 1, not 1.5'],
  [() => t.convTranspose2d(w, { padding: -1 }), 'convTranspose2d: padding is a whole number of at least 0, not -1'],
  [() => t.convTranspose2d(w, { outputPadding: -1 }), 'convTranspose2d: outputPadding is a whole number of at least 0, not -1'], // prettier-ignore
  [() => t.convTranspose2d(w, { stride: 2, padding: 'same', outputPadding: 1 }), "convTranspose2d: the padding 'same' gives size · stride and leaves no size open: take outputPadding 0"], // prettier-ignore
  [() => t.denoiseStep(schedule, silent, { variance: 'fixed' as never }), "denoiseStep: variance is 'beta', 'posterior' or 'learned', not 'fixed'"], // prettier-ignore
  [
    () => t.layerNorm({ weight: w, bias: w, eps: 1 } as never),
    'layerNorm: parameters: there is no option eps: there are weight and bias'
  ],
  [() => t.layerNorm({ weight: w, bias: w }, { eps: -1 }), 'layerNorm: eps is not negative: -1'],
  [() => t.openDevice({ limits: { textureSize: 1.5 } }), 'device: limits.textureSize is a whole number of at least 1, not 1.5'], // prettier-ignore
  [() => t.openDevice({ helpers: -1 }), 'device: helpers is a whole number of at least 0, not -1'],
  [() => t.openDevice({ costs: { fetch: NaN } }), 'device: costs.fetch is not negative: NaN'],
  [() => cpu.compile(t.sin, { donate: [0.5] }), 'compile: a position in donate is a whole number of at least 0, not 0.5'], // prettier-ignore
  [
    () => cpu.compile(t.sin, { donate: [2] })(image),
    'compile: donate names argument 2, counted from 0, and there is 1'
  ],
  [() => t.reference.compile(t.sin, { donate: [2] })(image), 'compile: donate names argument 2, counted from 0, and there is 1'], // prettier-ignore
  [
    () => t.grid(images, { range: 'every' as never }),
    "grid: the range is [black, white], 'each' or 'all', not 'every'"
  ],
  [() => t.lossChart([], fakeCanvas(), { width: NaN }), 'lossChart: width is a whole number of at least 1, not NaN'],
  [() => t.lossChart([], fakeCanvas(), { scale: -1 }), 'lossChart: scale is a positive number, not -1'],
  [() => node.download('cifar' as never), "download: the data set is 'mnist' or 'fashion-mnist', not 'cifar'"],
  [() => node.download('mnist', { split: 'test' as never }), "download: split is 'train' or 't10k', not 'test'"],
  [() => t.sum(image, image as never), 'sum: wants an object with axes or keepDims, not a tensor'],
  [() => t.full([NaN], 0), 'full: sizes are whole numbers of at least 0: [NaN]'],
  [() => t.normal(t.key(0), [2, NaN]), 'normal: sizes are whole numbers of at least 0: [2,NaN]'],
  [() => t.reshape(image, [NaN]), 'reshape: [1,1,4,4] has 16 elements, [NaN] has NaN'],
  [() => t.reshape(image, [1.5, -1]), 'reshape: no size for -1 makes [1.5,-1] of the 16 elements of [1,1,4,4]'], // prettier-ignore
  [() => t.expand(t.ones([1]), [NaN]), 'expand: sizes are whole numbers of at least 0: [NaN]'],
  [() => t.slice(image, [[NaN]]), 'slice: the start is a whole number, not NaN'],
  [() => t.slice(image, [[0, 1.5]]), 'slice: the stop is a whole number, not 1.5'],
  [() => t.slice(image, [0.5]), 'slice: the index is a whole number, not 0.5'],
  [() => t.slice(image, [1]), 'slice: there is no element 1 along axis 0 of [1,1,4,4]'],
  [() => t.slice(image, [-2]), 'slice: there is no element -2 along axis 0 of [1,1,4,4]'],
  [() => t.slice(image, [[0, 1, 1, 1] as never]), 'slice: axis 0 takes an index or [start, stop, step], not [0,1,1,1]'],
  [() => t.slice(image, ['1' as never]), "slice: axis 0 takes an index or [start, stop, step], not '1'"],
  [() => t.pad(image, [[1, 2, 3] as never]), 'pad: an axis takes a number of zeros or [before, after], not [1,2,3]'],
  [() => t.pad(image, [[1, -1]]), 'pad: wants whole numbers of zeros for each axis of [1,1,4,4]: [1,0,0,0], [-1,0,0,0]'] // prettier-ignore
]
describe('values that are none', () => {
  it.each(wrongValues.map(([call, message]) => [message, call] as const))('%s', async (message, call) => {
    expect(await thrownBy(call)).toEqual(new t.TesseraError(message))
  })
})

describe('options that are there', () => {
  it('may be left undefined', () => {
    expect(t.sum(image, { axes: undefined as never, keepDims: undefined as never }).shape).toEqual([])
    expect(t.conv2d(w, { stride: undefined as never })(image).shape).toEqual([1, 1, 3, 3])
    expect(t.adam<t.Tensor>({ lr: undefined as never }).init(w).m.shape).toEqual([1, 1, 2, 2])
  })
})
