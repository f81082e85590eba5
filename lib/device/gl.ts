import type { Kernel } from '../compile/expr.ts'
import type { Tiling } from '../compile/tile.ts'
import { usual, type Costs } from '../compile/costs.ts'
import { glslOf } from '../compile/glsl.ts'
import type { Source } from '../compile/numbers.ts'
import { kernelKey } from '../compile/key.ts'
import { raise } from '../core/raise.ts'
import type { Shape } from '../core/shape.ts'
import { GPU, type GPUType } from './gpujs.ts'
import { noCounts, type Buffer, type Counters, type Engine, type EngineName } from './engine.ts'
import { reachedOf } from './reached.ts'
import { Held, Textures, type GL, type KernelTexture } from './pool.ts'
import type { Context } from './platform/types.ts'

/** The parts of a gpu.js kernel that its types leave out. */
interface BuiltKernel {
  texture: KernelTexture
  mappedTextures: readonly KernelTexture[]
  drawBuffersMap: readonly number[]
  readonly program: WebGLProgram
  /** The size of the output; that of the largest output of any kernel, which all of them share. */
  readonly texSize: [number, number]
  readonly maxTexSize: [number, number]
  getFragmentShader(args: ArrayLike<unknown>): string
  onActivate(previous: { readonly texture: KernelTexture; readonly mappedTextures: readonly KernelTexture[] }): void
  build(...args: readonly KernelTexture[]): void
  run(...args: readonly KernelTexture[]): void
  destroy(): void
}
interface Program {
  readonly kernel: BuiltKernel
  /** Whether it has run: a driver may leave much of its compiling to the first time. */
  drawn: boolean
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
  readonly #textures: Textures
  /** How many numbers a program may take as uniforms, besides what gpu.js needs. */
  readonly #numbers: number
  /** Stands for the arguments and results of programs that are built. */
  readonly #stub: Held
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
    this.#numbers = Math.min(256, 4 * ((gl.getParameter(gl.MAX_FRAGMENT_UNIFORM_VECTORS) as number) - 24))
    this.renderer = rendererOf(gl)
    this.#gpu = new GPU({ mode: name, context: gl, canvas })
    this.#textures = new Textures(gl, this.#isTwo, this.textureSize, limits.bytes ?? Infinity, this.counters)
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
    return glslOf(kernel, { fetch, textureSize: this.textureSize, costs: this.costs, numbers: this.#numbers }, tiling)
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
    const outputs = Array.from({ length: targets }, () => this.#textures.take(shape, joined ? targets : 1))
    const start = performance.now()
    const program = this.#program(source.text, inputs.length, targets)
    const draw = (): void => this.#draw(program, source, inputs as readonly Held[], outputs)
    this.counters.calls++
    if (program.drawn) draw()
    else {
      // a driver finishes compiling with the first drawing
      this.#checked(draw)
      program.drawn = true
      this.counters.compileMs += performance.now() - start
    }
    if (!joined) return outputs
    meanwhile?.()
    return [this.#textures.joined(outputs)]
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

  #draw({ kernel, place }: Program, { numbers }: Source, args: readonly Held[], outputs: readonly Held[]): void {
    const gl = this.#gl
    const [{ width, height }] = outputs as readonly [Held]
    this.#reach(kernel, width, height)
    kernel.texSize[0] = width
    kernel.texSize[1] = height
    kernel.onActivate({ texture: outputs[0]!, mappedTextures: outputs.slice(1) })
    if (place) {
      gl.useProgram(kernel.program)
      gl.uniform4fv(place, padded(numbers))
    }
    kernel.run(...args)
    gl.flush()
  }

  /** gpu.js draws into a corner of the largest output so far, which it knows of programs and not of calls. */
  #reach({ maxTexSize }: BuiltKernel, width: number, height: number): void {
    if (width <= maxTexSize[0] && height <= maxTexSize[1]) return
    maxTexSize[0] = Math.max(width, maxTexSize[0])
    maxTexSize[1] = Math.max(height, maxTexSize[1])
    this.#gl.viewport(0, 0, maxTexSize[0], maxTexSize[1])
  }

  #built(source: string, inputs: number, targets: number): Program {
    const body = { name: 'body', source, argumentTypes: [], argumentNames: [], returnType: 'Array(4)' }
    this.#gpu.setNativeFunctions([body] as never)
    // gpu.js writes sizes into the text, which no body reads: with one for all, a driver that has compiled a program for
    // tensors of one size, in this process or another, has compiled it for all sizes
    const stubs = (n: number): readonly Held[] => new Array<Held>(n).fill(this.#stub)
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
      // the body writes the further results itself: these only make gpu.js declare and bind them
      ...(others.length > 0 ? { subKernels: others.map((_, i) => subKernel(i + 1)) } : {})
    }
    const text = `function (${names.join(', ')}) { return body(); }`
    const kernel = this.#gpu.createKernel(text, settings as object).kernel as unknown as BuiltKernel
    kernel.texture = first
    if (others.length > 0) {
      kernel.mappedTextures = others
      kernel.drawBuffersMap = [first, ...others].map((_, i) => this.#gl.COLOR_ATTACHMENT0 + i)
    }
    const assembled = kernel.getFragmentShader.bind(kernel)
    kernel.getFragmentShader = (all) => reachedOf(assembled(all))
    kernel.build(...args)
    return { kernel, drawn: false, place: this.#gl.getUniformLocation(kernel.program, 'numbers[0]') }
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

/** A texture without texels; a name becomes a texture when it is first bound. */
const stub = (gl: GL): Held => {
  const texture = gl.createTexture()
  gl.bindTexture(gl.TEXTURE_2D, texture)
  return new Held(gl, texture, 1, 1)
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
