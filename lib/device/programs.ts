import { handedOn } from '../compile/codegen/glsl/uniforms.ts'
import type { KernelSource } from '../compile/codegen/program.ts'
import type { Bound, GL } from './bound.ts'
import type { Counters } from './api/counters.ts'
import { Texture, type GPUType } from './gpujs.ts'
import { reachedOf } from './reached.ts'

/** The parts of a gpu.js kernel that its types leave out. It builds the program; drawing is a few words to GL. */
interface BuiltKernel {
  texture: object | null
  mappedTextures: readonly object[] | null
  readonly program: WebGLProgram
  getFragmentShader(args: ArrayLike<unknown>): string
  getVertexShader(args: ArrayLike<unknown>): string
  build(...args: readonly object[]): void
  destroy(): void
}

export interface Program {
  readonly program: WebGLProgram
  /** Whether it has run: a driver may leave much of its compiling to the first time. */
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
 * The programs of a GL context, by their text. Beyond so many, the one used longest ago goes; but none that the present
 * run has used: a plan of more programs keeps them all.
 */
export class Programs {
  readonly #known = new Map<string, Program>()
  /** Stands for the arguments and results of programs that are built. */
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

  /** A run begins. */
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
    // the attributes that draws read lie in a buffer of the program built last, which is never the oldest
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
    // gpu.js writes sizes into the text, which no body reads: with one for all, a driver that has compiled a program for
    // tensors of one size, in this process or another, has compiled it for all sizes
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
      // the body writes the further results itself: these only make gpu.js declare them
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

/** gpu.js takes a kernel's textures along, which here stand in for all kernels. */
const destroyed = (kernel: BuiltKernel): void => {
  kernel.texture = null
  kernel.mappedTextures = null
  kernel.destroy()
}

/** A texture without texels, as gpu.js wants one for each argument and result of a kernel that it builds. */
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
  const { declarations, statements } = handedOn(source)
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
