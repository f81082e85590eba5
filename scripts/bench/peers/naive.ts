// One of the processes of `npm run bench`: gpu.js as its documentation shows it, a number for each thread.
import * as E from 'fp-ts/Either'
import { GPU } from '../../../lib/device/gpujs.ts'
import type { GPUType } from '../../../lib/device/gpujs.ts'
import { platform } from '../../../lib/platform/node/platform.ts'
import { slice, timed } from '../prepared.ts'
import type { Contender, Inputs, Prepared } from '../prepared.ts'
import type { Place } from '../protocol.ts'
import { serve } from '../worker.ts'

interface Result {
  toArray(): readonly (Float32Array | readonly Float32Array[])[]
  delete(): void
}
type Kernel = (...args: readonly unknown[]) => Result
type Context = WebGLRenderingContext | WebGL2RenderingContext

/** What of a kernel depends on the task. */
interface Recipe {
  readonly source: string
  readonly output: readonly number[]
  readonly constants: Readonly<Record<string, number>>
}

// Pictures are [N · C][H][W] and kernels [O · C][3][3]: gpu.js has three axes.
const convolution = (x: Place): Recipe => {
  const [n = 0, c = 0, h = 0, w = 0] = x.shape
  return {
    source: `function (x, w) {
      const n = Math.floor(this.thread.z / this.constants.c);
      const o = this.thread.z - n * this.constants.c;
      let sum = 0;
      for (let i = 0; i < this.constants.c; i++) {
        for (let ky = 0; ky < 3; ky++) {
          const y = this.thread.y + ky - 1;
          for (let kx = 0; kx < 3; kx++) {
            const v = this.thread.x + kx - 1;
            if (y >= 0 && y < this.constants.h && v >= 0 && v < this.constants.w)
              sum += x[n * this.constants.c + i][y][v] * w[o * this.constants.c + i][ky][kx];
          }
        }
      }
      return sum;
    }`,
    output: [w, h, n * c],
    constants: { c, h, w }
  }
}

const product = (a: Place): Recipe => {
  const [n = 0] = a.shape
  return {
    source: `function (a, b) {
      let sum = 0;
      for (let k = 0; k < this.constants.n; k++) sum += a[this.thread.y][k] * b[k][this.thread.x];
      return sum;
    }`,
    output: [n, n],
    constants: { n }
  }
}

const recipeOf = ({ task: { kind, tensors } }: Inputs): Recipe => {
  if (kind === 'conv') return convolution(tensors.x!)
  if (kind === 'matmul') return product(tensors.a!)
  throw new Error(`there is no naive kernel for ${kind}`)
}

/** Numbers by rows and, where there are more axes, by rows of rows. */
const nested = (data: Float32Array, shape: readonly number[]): unknown => {
  const [width = 0, height = 0] = shape.slice(-2).toReversed()
  const rows = Array.from({ length: data.length / width }, (_, i) => data.subarray(i * width, (i + 1) * width))
  if (shape.length === 2) return rows
  return Array.from({ length: rows.length / height }, (_, i) => rows.slice(i * height, (i + 1) * height))
}

const settings = { pipeline: true, immutable: true, precision: 'single' }

const kernelOf = (gpu: GPUType, { source, ...rest }: Recipe): Kernel =>
  gpu.createKernel(source, { ...rest, ...settings } as object) as Kernel

/** A tensor in a texture. */
const uploaded = (gpu: GPUType, inputs: Inputs, place: Place): Result => {
  const data = nested(slice(inputs, place), place.shape)
  const [width = 0, height = 0] = place.shape.slice(-2).toReversed()
  const flat = place.shape.length === 2
  const at = flat ? 'x[this.thread.y][this.thread.x]' : 'x[this.thread.z][this.thread.y][this.thread.x]'
  const depth = place.shape.slice(0, -2).reduce((size, d) => size * d, 1)
  const output = flat ? [width, height] : [width, height, depth]
  return kernelOf(gpu, { source: `function (x) { return ${at}; }`, output, constants: {} })(data)
}

const flattened = (result: Result): Float32Array =>
  Float32Array.from(result.toArray().flatMap((rows) => [...rows].flatMap((row) => (typeof row === 'number' ? row : [...row])))) // prettier-ignore

const prepared = (gpu: GPUType, gl: Context, inputs: Inputs): Prepared => {
  const given = Object.values(inputs.task.tensors).map((place) => uploaded(gpu, inputs, place))
  const kernel = kernelOf(gpu, recipeOf(inputs))
  const run = (): Result => {
    const result = kernel(...given)
    gl.flush()
    return result
  }
  return {
    result: () => Promise.resolve(flattened(run())),
    time: (runs) =>
      timed(() => {
        const results = Array.from({ length: runs }, run)
        gl.finish()
        results.forEach((result) => result.delete())
        return Promise.resolve()
      }),
    dispose: () => given.forEach((x) => x.delete())
  }
}

const open = async (): Promise<Contender> => {
  const [context] = platform.contexts
  const opened = await context?.[1]()
  if (opened === undefined) throw new Error('this platform has no GL')
  if (E.isLeft(opened)) throw new Error(opened.left.message)
  const { name, gl, canvas } = opened.right
  const gpu = new GPU({ mode: name, context: gl, canvas })
  return { facts: {}, prepare: (inputs) => Promise.resolve(prepared(gpu, gl, inputs)) }
}

await serve(open)
