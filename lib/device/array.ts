import { Recent } from '../base/recent.ts'
import type { Kernel } from '../compile/kernel/ir.ts'
import { defaultCosts, type Costs } from '../compile/kernel/costs.ts'
import type { KernelSource } from '../compile/codegen/program.ts'
import { javaScriptOf } from '../compile/codegen/js/writer.ts'
import { raise } from '../base/raise.ts'
import { sizeOf, type Shape } from '../core/shape.ts'
import { noCounts, type Counters } from './api/counters.ts'
import { noRoom, type Buffer, type Engine, type Limits, type Occupied, type Saved, type Tenant } from './engine.ts'
import { GPU, type GPUType } from './gpujs.ts'
import { DeviceLoss } from './api/lost.ts'

/** A buffer on the host, which is its own saved copy. */
interface ArrayBuffer_ extends Occupied, Saved {
  readonly numbers: Float32Array
}
const buffered = (numbers: Float32Array, shape: Shape): ArrayBuffer_ => ({ numbers, shape, bytes: numbers.byteLength })

type Run = (...args: readonly Float32Array[]) => Float32Array

interface Program {
  readonly text: string
  readonly run: Run
  readonly destroy: () => void
}

/** How many programs are kept by default. A WebAssembly module serves one size of its arguments. */
const mostPrograms = 512

/** The backends of gpu.js without textures, for machines without GL: row-major arrays, one number a thread. */
export const arrayEngine = (name: 'webasm' | 'cpu', limits: Limits = {}): Engine => new ArrayEngine(name, limits)

/** The largest integers of kernels: WebAssembly computes in float32, JavaScript in float64. */
const largestInteger = { webasm: 2 ** 24, cpu: Number.MAX_SAFE_INTEGER } as const

class ArrayEngine implements Engine {
  readonly renderer: string
  readonly textureSize = Number.MAX_SAFE_INTEGER
  readonly inputs = 64
  readonly targets = 1
  readonly counters: Counters = noCounts()
  readonly costs: Costs = defaultCosts
  readonly loss: DeviceLoss
  tenant: Tenant | undefined
  readonly #live = new Set<ArrayBuffer_>()
  readonly #gpu: GPUType
  /** Programs by text and sizes. */
  readonly #programs: Recent<Program>
  /** Functions that gpu.js already has. */
  readonly #functions = new Set<string>()

  constructor(
    readonly name: 'webasm' | 'cpu',
    readonly limits: Limits
  ) {
    this.loss = new DeviceLoss(name, () => false)
    if (name === 'webasm' && !GPU.isWebAssemblySupported) throw new Error('webasm: this platform has no WebAssembly')
    this.renderer = name === 'webasm' ? 'WebAssembly' : 'JavaScript'
    this.#programs = new Recent(limits.programs ?? mostPrograms, (program) => program.destroy())
    this.#gpu = new GPU({ mode: name })
  }

  source(kernel: Kernel): KernelSource {
    return javaScriptOf(kernel, largestInteger[this.name])
  }

  take(shape: Shape): ArrayBuffer_ {
    return this.#count(buffered(new Float32Array(sizeOf(shape)), shape))
  }

  give(buffer: Buffer): void {
    this.#live.delete(buffer as ArrayBuffer_)
    this.counters.live--
    this.counters.bytes -= buffer.bytes
  }

  begin(): void {
    // nothing is kept between runs
  }

  save(buffer: Buffer): Saved {
    return buffer
  }

  restore(saved: Saved): Buffer {
    return this.#count(saved as ArrayBuffer_)
  }

  unpack(saved: Saved): Float32Array {
    return Float32Array.from((saved as ArrayBuffer_).numbers)
  }

  #count(buffer: ArrayBuffer_): ArrayBuffer_ {
    this.#makeRoom(buffer)
    this.#live.add(buffer)
    this.counters.live++
    this.counters.created++
    this.counters.bytes += buffer.bytes
    this.counters.peakBytes = Math.max(this.counters.peakBytes, this.counters.bytes)
    return buffer
  }

  #makeRoom(wanted: ArrayBuffer_): void {
    const { bytes: budget = Infinity } = this.limits
    const isFull = (): boolean => this.counters.bytes + wanted.bytes > budget
    while (isFull() && this.tenant?.relieve());
    if (isFull()) raise('device', noRoom(wanted, `limits.bytes is ${budget}`, [...this.#live]))
  }

  upload(data: ArrayLike<number>, shape: Shape): ArrayBuffer_ {
    return this.#count(buffered(Float32Array.from(data), shape))
  }

  download(buffer: Buffer): Float32Array {
    return Float32Array.from((buffer as ArrayBuffer_).numbers)
  }

  run({ text, functions = [] }: KernelSource, inputs: readonly Buffer[], shape: Shape): readonly Buffer[] {
    functions.forEach((f) => this.#learn(f))
    const args = (inputs as readonly ArrayBuffer_[]).map((b) => b.numbers)
    const numbers = this.#program(text, shape, args)(...args)
    this.counters.calls++
    return [this.#count(buffered(numbers, shape))]
  }

  #learn(source: string): void {
    if (this.#functions.has(source)) return
    this.#functions.add(source)
    this.#gpu.addFunction(source as never)
  }

  #program(source: string, shape: Shape, args: readonly Float32Array[]): Run {
    const key = `${sizeOf(shape)} ${args.map((a) => a.length).join(' ')} ${source}`
    const program = this.#programs.of(key, () => this.#made(source, shape, args))
    this.counters.programs = this.#programs.size
    return program.run
  }

  #made(text: string, shape: Shape, args: readonly Float32Array[]): Program {
    const start = performance.now()
    const kernel = this.#gpu.createKernel(text, {
      output: [sizeOf(shape)],
      argumentTypes: args.map(() => 'Array'),
      returnType: 'Number',
      precision: 'single',
      loopMaxIterations: 1 << 24
    } as object) as unknown as Run & { destroy(): void }
    this.counters.compiled++
    this.counters.compileMs += performance.now() - start
    // gpu.js reuses the same array for the next call
    return { text, run: (...inputs) => Float32Array.from(kernel(...inputs)), destroy: () => kernel.destroy() }
  }

  build(): boolean {
    // gpu.js needs the arguments to build
    return false
  }

  has({ text }: KernelSource): boolean {
    for (const program of this.#programs.values()) if (program.text === text) return true
    return false
  }

  finish(): void {
    // each kernel runs synchronously
  }

  reset(): void {
    this.#programs.clear()
    this.#live.clear()
    Object.assign(this.counters, noCounts())
  }

  dispose(): void {
    this.#programs.clear()
    this.#live.clear()
    this.counters.programs = 0
  }
}
