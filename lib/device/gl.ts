import type { Kernel } from '../compile/expr.ts'
import type { Tiling } from '../compile/tile.ts'
import { usual, type Costs } from '../compile/costs.ts'
import { glslOf } from '../compile/glsl.ts'
import { handedOn, type Numbers, type Source } from '../compile/numbers.ts'
import { kernelKey } from '../compile/key.ts'
import { raise } from '../core/raise.ts'
import type { Shape } from '../core/shape.ts'
import { Bound, type GL } from './bound.ts'
import { GPU, Texture, type GPUType } from './gpujs.ts'
import { noCounts, type Buffer, type Counters, type Engine, type EngineName } from './engine.ts'
import { reachedOf } from './reached.ts'
import { Textures, type Held } from './pool.ts'
import type { Context } from './platform/types.ts'

/** The parts of a gpu.js kernel that its types leave out. It builds the program; drawing is a few words to GL. */
interface BuiltKernel {
  texture: object
  mappedTextures: readonly object[]
  readonly program: WebGLProgram
  getFragmentShader(args: ArrayLike<unknown>): string
  getVertexShader(args: ArrayLike<unknown>): string
  build(...args: readonly object[]): void
}
interface Program {
  readonly program: WebGLProgram
  /** Whether it has run: a driver may leave much of its compiling to the first time. */
  drawn: boolean
  /** What it was last run with. */
  numbers: readonly number[] | undefined
  /** Where the numbers go, if it has any. */
  readonly place: WebGLUniformLocation | null
}
/** Limits to make do with, below those of the driver. */
export interface GLLimits {
  /** Render targets. */
  readonly targets?: number
  readonly inputs?: number
  readonly textureSize?: number
  /** Bytes of textures to stay within, as far as what is in use allows: textures that wait to be used again go first. */
  readonly bytes?: number
}

export const glEngine = (context: Context, limits: GLLimits = {}, costs: Costs = usual): Engine =>
  new GLEngine(context, limits, costs)

class GLEngine implements Engine {
  readonly name: EngineName
  readonly renderer: string
  readonly textureSize: number
  readonly inputs: number
  readonly targets: number
  readonly counters: Counters = noCounts()
  readonly #gl: GL
  readonly #gpu: GPUType
  readonly #isTwo: boolean
  readonly #bound: Bound
  readonly #textures: Textures
  readonly #numbers: Numbers
  readonly #mostCounted: number
  /** Stands for the arguments and results of programs that are built. */
  readonly #stub: object
  readonly #programs = new Map<string, Program>()
  readonly #sources = new Map<string, Source>()

  constructor(
    { name, gl, canvas }: Context,
    limits: GLLimits,
    readonly costs: Costs
  ) {
    this.name = name
    this.#gl = gl
    this.#isTwo = name === 'webgl2'
    const extensions = this.#isTwo ? ['EXT_color_buffer_float'] : ['OES_texture_float', 'WEBGL_color_buffer_float']
    for (const extension of extensions) gl.getExtension(extension)
    // a texture may be one larger than what lies in it
    this.textureSize = limits.textureSize ?? Math.min(8192, (gl.getParameter(gl.MAX_TEXTURE_SIZE) as number) - 1)
    const units = gl.getParameter(gl.MAX_TEXTURE_IMAGE_UNITS) as number
    this.targets = Math.min(limits.targets ?? 8, drawBuffers(gl))
    this.inputs = limits.inputs ?? Math.min(14, units)
    this.#numbers = numbersOf(gl, name)
    this.#mostCounted = mostCountedOn(gl)
    this.renderer = rendererOf(gl)
    this.#gpu = new GPU({ mode: name, context: gl, canvas })
    this.#bound = new Bound(gl)
    this.#textures = new Textures(
      gl,
      this.#bound,
      this.#isTwo,
      this.textureSize,
      limits.bytes ?? Infinity,
      this.counters
    )
    this.#stub = stub(gl)
    keepDrawingBuffer(gl)
  }

  source(kernel: Kernel, tiling?: Tiling): Source {
    const key = `${tiling ? `${tiling.tile.join()} ${[...tiling.unroll.values()].join()}` : ''} ${kernelKey(kernel)}`
    const known = this.#sources.get(key)
    if (known) return known
    const start = performance.now()
    const source = this.#written(kernel, tiling)
    this.#sources.set(key, source)
    this.counters.compileMs += performance.now() - start
    return source
  }

  #written(kernel: Kernel, tiling: Tiling | undefined): Source {
    const fetch = this.#isTwo ? 'texture' : 'texture2D'
    const { textureSize, costs } = this
    return glslOf(kernel, { fetch, textureSize, costs, numbers: this.#numbers, mostCounted: this.#mostCounted }, tiling)
  }

  take(shape: Shape): Held {
    return this.#textures.take(shape)
  }

  give(buffer: Buffer): void {
    this.#textures.give(buffer as Held)
  }

  upload(data: ArrayLike<number>, shape: Shape): Buffer {
    return this.#textures.upload(data, shape)
  }

  download(buffer: Buffer, shape: Shape): Float32Array {
    return this.#textures.download(buffer as Held, shape)
  }

  has({ text }: Source): boolean {
    return this.#programs.get(text)?.drawn === true
  }

  run(
    source: Source,
    inputs: readonly Buffer[],
    shape: Shape,
    targets: number,
    joined = false,
    meanwhile?: () => void
  ): readonly Buffer[] {
    const start = performance.now()
    const program = this.#program(source.text, inputs.length, targets)
    const draw = (): void => this.#draw(program, source, inputs as readonly Held[])
    const first = (): void => {
      // a driver finishes compiling with the first drawing
      this.#checked(draw)
      program.drawn = true
      this.counters.compileMs += performance.now() - start
    }
    this.counters.calls++
    const drawing = program.drawn ? draw : first
    if (joined) return [this.#textures.joined(shape, targets, drawing, meanwhile)]
    return this.#textures.drawn(shape, targets, drawing)
  }

  build({ text }: Source, inputs: number, targets: number): boolean {
    if (this.#programs.has(text)) return false
    const start = performance.now()
    this.#program(text, inputs, targets)
    this.counters.compileMs += performance.now() - start
    return true
  }

  #program(text: string, inputs: number, targets: number): Program {
    const known = this.#programs.get(text)
    if (known) return known
    const program = this.#checked(() => this.#built(text, inputs, targets))
    this.#programs.set(text, program)
    this.counters.programs++
    return program
  }

  /** GL goes on after an error, with wrong numbers. To ask makes some drivers wait, so it is asked once a program. */
  #checked<A>(work: () => A): A {
    const gl = this.#gl
    // what went wrong before, in code that shares the context, is none of ours
    gl.getError()
    const result = work()
    const error = gl.getError()
    if (error === gl.NO_ERROR) return result
    const what = error === gl.OUT_OF_MEMORY ? 'has no memory left' : `reports error ${error}`
    return raise('device', `the driver ${what} at a kernel's first run: smaller tensors or another device may do`)
  }

  #draw(to: Program, { numbers }: Source, inputs: readonly Held[]): void {
    const gl = this.#gl
    this.#bound.program(to.program)
    if (to.place && to.numbers !== numbers) gl.uniform4fv(to.place, padded(numbers))
    to.numbers = numbers
    inputs.forEach(({ texture }, unit) => this.#bound.texture(unit, texture))
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4)
  }

  #built(source: string, inputs: number, targets: number): Program {
    const body = { name: 'body', source, argumentTypes: [], argumentNames: [], returnType: 'Array(4)' }
    this.#gpu.setNativeFunctions([body] as never)
    // gpu.js writes sizes into the text, which no body reads: with one for all, a driver that has compiled a program for
    // tensors of one size, in this process or another, has compiled it for all sizes
    const stubs = (n: number): readonly object[] => new Array<object>(n).fill(this.#stub)
    const [args, first, others] = [stubs(inputs), this.#stub, stubs(targets - 1)]
    const names = args.map((_, i) => `a${i}`)
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
    const kernel = this.#gpu.createKernel(text, settings as object).kernel as unknown as BuiltKernel
    kernel.texture = first
    if (others.length > 0) kernel.mappedTextures = others
    const assembled = kernel.getFragmentShader.bind(kernel)
    kernel.getFragmentShader = (all) => reachedOf(assembled(all))
    const vertices = kernel.getVertexShader.bind(kernel)
    kernel.getVertexShader = (all) => handing(vertices(all), source)
    kernel.build(...args)
    const { program } = kernel
    this.#bound.forget()
    this.#bound.program(program)
    const gl = this.#gl
    // gpu.js would draw into a corner of the largest output of all its kernels
    gl.disable(gl.SCISSOR_TEST)
    gl.uniform2f(gl.getUniformLocation(program, 'ratio'), 1, 1)
    names.forEach((name, unit) => gl.uniform1i(gl.getUniformLocation(program, `user_${name}`), unit))
    return { program, drawn: false, numbers: undefined, place: gl.getUniformLocation(program, 'numbers[0]') }
  }

  finish(): void {
    this.#gl.finish()
  }

  dispose(): void {
    this.#textures.dispose()
    this.#programs.clear()
    this.#sources.clear()
  }
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

/** gpu.js's vertex shader, handing a body its numbers. */
const handing = (vertices: string, body: string): string => {
  const { declarations, statements } = handedOn(body)
  return vertices.replace('void main(void) {', (main) => `${declarations}\n${main}\n${statements}`)
}

/** How many numbers a program may have besides what gpu.js needs. Only headless-gl is known to draw on llvmpipe. */
const numbersOf = (gl: GL, name: EngineName): Numbers => {
  const most = (stage: number): number => 4 * ((gl.getParameter(stage) as number) - 24)
  // gpu.js has one, and the fragment's position counts as one
  const varyings = (gl.getParameter(gl.MAX_VARYING_VECTORS) as number) - 2
  return {
    most: Math.min(256, most(gl.MAX_FRAGMENT_UNIFORM_VECTORS), most(gl.MAX_VERTEX_UNIFORM_VECTORS)),
    varyings: name === 'headlessgl' ? varyings : 0
  }
}

/** The largest integer in programs: some GPUs compute them as floats, whose quotients are exact up to 2^22. */
const mostCountedOn = (gl: GL): number => {
  const range = gl.getShaderPrecisionFormat(gl.FRAGMENT_SHADER, gl.HIGH_INT)?.rangeMax ?? 0
  return range >= 30 ? 2 ** range - 1 : 2 ** 21
}

/** Numbers by fours, as uniforms take them. */
const padded = (numbers: readonly number[]): Float32Array => {
  const fours = new Float32Array(Math.ceil(numbers.length / 4) * 4)
  fours.set(numbers)
  return fours
}

const drawBuffers = (gl: GL): number => {
  if ('MAX_DRAW_BUFFERS' in gl) return gl.getParameter(gl.MAX_DRAW_BUFFERS) as number
  const extension = gl.getExtension('WEBGL_draw_buffers')
  return extension ? (gl.getParameter(extension.MAX_DRAW_BUFFERS_WEBGL) as number) : 1
}

const subKernel = (i: number): object => {
  const name = `p${i}`
  return {
    name,
    property: name,
    source: `function ${name}(x) { return x; }`,
    returnType: 'Array(4)',
    argumentTypes: ['Array(4)']
  }
}

/** What the driver calls itself. */
export const rendererOf = (gl: GL): string => {
  const info = gl.getExtension('WEBGL_debug_renderer_info')
  return String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER))
}

/**
 * gpu.js resizes the drawing buffer of headless-gl to the widest times the highest kernel with every program,
 * though pipelined kernels never draw to it.
 */
const keepDrawingBuffer = (gl: GL): void => {
  const extension = gl.getExtension('STACKGL_resize_drawingbuffer') as { resize(w: number, h: number): void } | null
  if (extension) extension.resize = () => undefined
}
