import { varyingsOf } from '../compile/codegen/glsl/uniforms.ts'
import type { KernelSource } from '../compile/codegen/program.ts'
import type { Bound, GL } from './bound.ts'
import type { Counters } from './api/counters.ts'
import { Texture, type GPUType } from './gpujs.ts'
import { reachedOf } from './reached.ts'

/** The parts of a gpu.js kernel that its types leave out. gpu.js builds the program; drawing takes a few GL calls. */
interface BuiltKernel {
  texture: object | null
  mappedTextures: readonly object[] | null
  readonly program: WebGLProgram
  getFragmentShader(args: ArrayLike<unknown>): string
  getVertexShader(args: ArrayLike<unknown>): string
  build(...args: readonly object[]): void
  destroy(): void
}

/** A compiled program of a GL context. */
export interface Program {
  readonly program: WebGLProgram
  /** Whether it has run: a driver may do much of its compiling at the first draw. */
  drawn: boolean
  /** When it was last asked for. */
  used: number
  /** The values that it was last run with. */
  uniforms: readonly number[] | undefined
  /** Where the uniforms go, if it has any. */
  readonly place: WebGLUniformLocation | null
  readonly destroy: () => void
}

/**
 * The programs of a GL context, by text. Beyond `most`, the least recently used one is dropped, but none that the current
 * run has used: a plan with more programs keeps them all.
 */
export class Programs {
  readonly #known = new Map<string, Program>()
  /** Stands in for the arguments and results when a program is built. */
  readonly #stub: object
  #time = 0
  #began = 0
  constructor(
    readonly gl: GL,
    readonly gpu: GPUType,
    readonly bound: Bound,
    readonly counters: Counters,
    readonly most: number
  ) {
    this.#stub = stub(gl)
  }

  /** Begins a run. */
  begin(): void {
    this.#began = this.#time
  }

  known(text: string): Program | undefined {
    const known = this.#known.get(text)
    if (known) known.used = ++this.#time
    return known
  }

  has(text: string): boolean {
    return this.#known.has(text)
  }

  hasDrawn(text: string): boolean {
    return this.#known.get(text)?.drawn === true
  }

  add(source: KernelSource, inputs: number, targets: number): Program {
    const program = this.#built(source, inputs, targets)
    program.used = ++this.#time
    this.#known.set(source.text, program)
    this.counters.programs++
    this.counters.compiled++
    // draws read the vertex attributes of the program built last, which is never the oldest
    while (this.#known.size > this.most && this.#dropOldest());
    return program
  }

  #dropOldest(): boolean {
    let oldest: readonly [string, Program] | undefined
    for (const entry of this.#known) if (!oldest || entry[1].used < oldest[1].used) oldest = entry
    if (!oldest || oldest[1].used > this.#began) return false
    this.#known.delete(oldest[0])
    oldest[1].destroy()
    this.counters.programs--
    return true
  }

  #built(source: KernelSource, inputs: number, targets: number): Program {
    const kernel = this.#kernel(source, inputs, targets)
    const { program } = kernel
    const { gl } = this
    this.bound.forget()
    this.bound.program(program)
    // gpu.js would draw into a corner of the largest output of all its kernels
    gl.disable(gl.SCISSOR_TEST)
    gl.uniform2f(gl.getUniformLocation(program, 'ratio'), 1, 1)
    for (let i = 0; i < inputs; i++) gl.uniform1i(gl.getUniformLocation(program, `user_${name(i)}`), i)
    const place = gl.getUniformLocation(program, 'numbers[0]')
    return { program, drawn: false, used: 0, uniforms: undefined, place, destroy: () => destroyed(kernel) }
  }

  #kernel(source: KernelSource, inputs: number, targets: number): BuiltKernel {
    const body = { name: 'body', source: source.text, argumentTypes: [], argumentNames: [], returnType: 'Array(4)' }
    this.gpu.setNativeFunctions([body] as never)
    // gpu.js writes sizes into the text that no body reads. With the same size for all, a program that a driver has cached
    // serves tensors of any size
    const stubs = (n: number): readonly object[] => new Array<object>(n).fill(this.#stub)
    const [args, first, others] = [stubs(inputs), this.#stub, stubs(targets - 1)]
    const names = args.map((_, i) => name(i))
    const settings = {
      output: [1, 1],
      argumentTypes: names.map(() => 'ArrayTexture(4)'),
      returnType: 'Array(4)',
      precision: 'single',
      tactic: 'precision',
      pipeline: true,
      immutable: true,
      // the body writes the other results itself; these only make gpu.js declare them
      ...(others.length > 0 ? { subKernels: others.map((_, i) => subKernel(i + 1)) } : {})
    }
    const text = `function (${names.join(', ')}) { return body(); }`
    const kernel = this.gpu.createKernel(text, settings as object).kernel as unknown as BuiltKernel
    kernel.texture = first
    if (others.length > 0) kernel.mappedTextures = others
    const assembled = kernel.getFragmentShader.bind(kernel)
    kernel.getFragmentShader = (all) => reachedOf(assembled(all))
    const vertices = kernel.getVertexShader.bind(kernel)
    kernel.getVertexShader = (all) => handing(vertices(all), source)
    kernel.build(...args)
    return kernel
  }

  clear(): void {
    this.#known.forEach((program) => program.destroy())
    this.#known.clear()
    this.counters.programs = 0
  }
}

const name = (i: number): string => `a${i}`

/** gpu.js would delete a kernel's textures, which are stand-ins for all kernels here. */
const destroyed = (kernel: BuiltKernel): void => {
  kernel.texture = null
  kernel.mappedTextures = null
  kernel.destroy()
}

/** A texture without texels: gpu.js needs one for each argument and result when it builds a kernel. */
const stub = (gl: GL): object => {
  const texture = gl.createTexture()
  gl.bindTexture(gl.TEXTURE_2D, texture)
  const size = [1, 1]
  const settings = {
    texture,
    size,
    dimensions: [1, 1, 1],
    output: size,
    context: gl,
    type: 'ArrayTexture(4)',
    kernel: {}
  }
  return new (Texture as unknown as new (settings: object) => object)(settings)
}

/** gpu.js's vertex shader, handing a program its varyings. */
const handing = (vertices: string, source: KernelSource): string => {
  const { declarations, statements } = varyingsOf(source)
  return vertices.replace('void main(void) {', (main) => `${declarations}\n${main}\n${statements}`)
}

const subKernel = (i: number): object => {
  const own = `p${i}`
  return {
    name: own,
    property: own,
    source: `function ${own}(x) { return x; }`,
    returnType: 'Array(4)',
    argumentTypes: ['Array(4)']
  }
}
