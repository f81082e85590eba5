import type { Kernel } from '../compile/expr.ts'
import { usual, type Costs } from '../compile/costs.ts'
import type { Source } from '../compile/numbers.ts'
import { scalarFunctions, scalarOf } from '../compile/scalar.ts'
import { sizeOf, type Shape } from '../core/shape.ts'
import { noCounts, type Buffer, type Counters, type Engine } from './engine.ts'
import { GPU, type GPUType } from './gpujs.ts'

interface ArrayBuffer_ extends Buffer {
  readonly numbers: Float32Array
}
const buffered = (numbers: Float32Array): ArrayBuffer_ => ({ numbers, bytes: numbers.byteLength })

type Run = (...args: readonly Float32Array[]) => Float32Array

/** The backends of gpu.js without textures, for machines without GL: row-major arrays, one number a thread. */
export const arrayEngine = (name: 'webasm' | 'cpu'): Engine => new ArrayEngine(name)

/** Up to here the numbers of WebAssembly's kernels, which are float32, and of JavaScript are whole. */
const mostCounted = { webasm: 2 ** 24, cpu: Number.MAX_SAFE_INTEGER } as const

class ArrayEngine implements Engine {
  readonly renderer: string
  readonly textureSize = Number.MAX_SAFE_INTEGER
  readonly inputs = 64
  readonly targets = 1
  readonly counters: Counters = noCounts()
  readonly costs: Costs = usual
  readonly #gpu: GPUType
  readonly #programs = new Map<string, Run>()
  readonly #texts = new Set<string>()

  constructor(readonly name: 'webasm' | 'cpu') {
    if (name === 'webasm' && !GPU.isWebAssemblySupported) throw new Error('webasm: this platform has no WebAssembly')
    this.renderer = name === 'webasm' ? 'WebAssembly' : 'JavaScript'
    this.#gpu = new GPU({ mode: name, functions: [...scalarFunctions] as never })
  }

  source(kernel: Kernel): Source {
    return { text: scalarOf(kernel, mostCounted[this.name]), numbers: [] }
  }

  take(shape: Shape): ArrayBuffer_ {
    return this.#count(buffered(new Float32Array(sizeOf(shape))))
  }

  give(buffer: Buffer): void {
    this.counters.live--
    this.counters.bytes -= buffer.bytes
  }

  #count(buffer: ArrayBuffer_): ArrayBuffer_ {
    this.counters.live++
    this.counters.created++
    this.counters.bytes += buffer.bytes
    this.counters.peakBytes = Math.max(this.counters.peakBytes, this.counters.bytes)
    return buffer
  }

  upload(data: ArrayLike<number>): ArrayBuffer_ {
    return this.#count(buffered(Float32Array.from(data)))
  }

  download(buffer: Buffer): Float32Array {
    return Float32Array.from((buffer as ArrayBuffer_).numbers)
  }

  run({ text }: Source, inputs: readonly Buffer[], shape: Shape): readonly Buffer[] {
    const args = (inputs as readonly ArrayBuffer_[]).map((b) => b.numbers)
    const numbers = this.#program(text, shape, args)(...args)
    this.counters.calls++
    return [this.#count(buffered(numbers))]
  }

  #program(source: string, shape: Shape, args: readonly Float32Array[]): Run {
    const key = `${sizeOf(shape)} ${args.map((a) => a.length).join(' ')} ${source}`
    const known = this.#programs.get(key)
    if (known) return known
    const start = performance.now()
    const kernel = this.#gpu.createKernel(source, {
      output: [sizeOf(shape)],
      argumentTypes: args.map(() => 'Array'),
      returnType: 'Number',
      precision: 'single',
      loopMaxIterations: 1 << 24
    } as object) as unknown as Run
    // gpu.js hands out the same array again with the next call
    const run: Run = (...inputs) => Float32Array.from(kernel(...inputs))
    this.#programs.set(key, run)
    this.#texts.add(source)
    this.counters.programs++
    this.counters.compileMs += performance.now() - start
    return run
  }

  build(): boolean {
    // gpu.js wants the arguments
    return false
  }

  has({ text }: Source): boolean {
    return this.#texts.has(text)
  }

  finish(): void {
    // it waits for every kernel anyway
  }

  dispose(): void {
    this.#programs.clear()
  }
}
