import type { Kernel } from '../compile/kernel/ir.ts'
import type { Tiling } from '../compile/kernel/tiling.ts'
import { defaultCosts, type Costs } from '../compile/kernel/costs.ts'
import { glslOf } from '../compile/codegen/glsl/writer.ts'
import type { UniformLimits } from '../compile/codegen/glsl/uniforms.ts'
import type { KernelSource } from '../compile/codegen/program.ts'
import { kernelKey } from '../compile/kernel/key.ts'
import { raise } from '../base/raise.ts'
import type { Shape } from '../core/shape.ts'
import { Bound, type GL } from './bound.ts'
import { Recent } from '../base/recent.ts'
import { GPU } from './gpujs.ts'
import { noCounts, type Counters } from './api/counters.ts'
import { type Buffer, type Engine, type EngineName, type Limits, type Saved, type Tenant } from './engine.ts'
import { DeviceLoss } from './api/lost.ts'
import { TexturePool } from './pool.ts'
import { Programs, type Program } from './programs.ts'
import type { PooledTexture } from './texture.ts'
import type { Context } from './platform.ts'

/** How many programs are kept by default: three times those of a training step of the U-Net. */
const mostPrograms = 512

/** The engine of a GL context; raises if the driver has no float textures. */
export const glEngine = (context: Context, limits: Limits = {}, costs: Costs = defaultCosts): Engine =>
  new GLEngine(context, limits, costs)

class GLEngine implements Engine {
  readonly name: EngineName
  readonly renderer: string
  readonly textureSize: number
  readonly inputs: number
  readonly targets: number
  readonly counters: Counters = noCounts()
  readonly loss: DeviceLoss
  readonly #gl: GL
  readonly #isTwo: boolean
  readonly #bound: Bound
  readonly #textures: TexturePool
  readonly #programs: Programs
  readonly #uniforms: UniformLimits
  readonly #largestInteger: number
  readonly #sources: Recent<KernelSource>

  constructor(
    { name, gl, canvas, onLost }: Context,
    limits: Limits,
    readonly costs: Costs
  ) {
    this.name = name
    this.#gl = gl
    this.#isTwo = name === 'webgl2'
    this.loss = new DeviceLoss(name, () => gl.isContextLost())
    onLost?.(() => void this.loss.notice())
    askForFloats(gl, name)
    // a texture may be one texel wider than its layout
    this.textureSize = limits.textureSize ?? Math.min(8192, (gl.getParameter(gl.MAX_TEXTURE_SIZE) as number) - 1)
    const units = gl.getParameter(gl.MAX_TEXTURE_IMAGE_UNITS) as number
    this.targets = Math.min(limits.targets ?? 8, drawBuffers(gl))
    this.inputs = limits.inputs ?? Math.min(14, units)
    this.#uniforms = uniformsOf(gl, name)
    this.#largestInteger = mostCountedOn(gl)
    this.renderer = rendererOf(gl)
    this.#bound = new Bound(gl)
    this.#textures = new TexturePool({
      gl,
      bound: this.#bound,
      isTwo: this.#isTwo,
      size: this.textureSize,
      budget: limits.bytes ?? Infinity,
      counters: this.counters,
      loss: this.loss
    })
    const gpu = new GPU({ mode: name, context: gl, canvas })
    const programs = limits.programs ?? mostPrograms
    this.#programs = new Programs(gl, gpu, this.#bound, this.counters, programs)
    // several kernels share a program
    this.#sources = new Recent(8 * programs)
    keepDrawingBuffer(gl)
  }

  get tenant(): Tenant | undefined {
    return this.#textures.tenant
  }

  set tenant(tenant: Tenant | undefined) {
    this.#textures.tenant = tenant
  }

  begin(): void {
    this.#textures.begin()
    this.#programs.begin()
  }

  source(kernel: Kernel, tiling?: Tiling): KernelSource {
    const key = `${tiling ? `${tiling.tile.join()} ${[...tiling.unroll.values()].join()}` : ''} ${kernelKey(kernel)}`
    return this.#sources.of(key, () => this.#written(kernel, tiling))
  }

  #written(kernel: Kernel, tiling: Tiling | undefined): KernelSource {
    const start = performance.now()
    const fetch = this.#isTwo ? 'texture' : 'texture2D'
    const { textureSize, costs } = this
    const uniforms = this.#uniforms
    const source = glslOf(kernel, { fetch, textureSize, costs, uniforms, largestInteger: this.#largestInteger }, tiling)
    this.counters.compileMs += performance.now() - start
    return source
  }

  take(shape: Shape): PooledTexture {
    return this.#textures.take(shape)
  }

  give(buffer: Buffer): void {
    this.#textures.give(buffer as PooledTexture)
  }

  upload(data: ArrayLike<number>, shape: Shape): Buffer {
    return this.#textures.upload(data, shape)
  }

  download(buffer: Buffer, shape: Shape): Float32Array {
    return this.#textures.download(buffer as PooledTexture, shape)
  }

  save(buffer: Buffer): Saved {
    return this.#textures.save(buffer as PooledTexture)
  }

  restore(saved: Saved): Buffer {
    return this.#textures.restore(saved)
  }

  unpack(saved: Saved, shape: Shape): Float32Array {
    return this.#textures.unpack(saved, shape)
  }

  has({ text }: KernelSource): boolean {
    return this.#programs.hasDrawn(text)
  }

  run(
    source: KernelSource,
    inputs: readonly Buffer[],
    shape: Shape,
    targets: number,
    joined = false,
    meanwhile?: () => void
  ): readonly Buffer[] {
    const start = performance.now()
    const program = this.#program(source, inputs.length, targets)
    const draw = (): void => this.#draw(program, source, inputs as readonly PooledTexture[])
    const first = (): void => {
      // a driver may finish compiling with the first draw
      this.#checked(draw)
      program.drawn = true
      this.counters.compileMs += performance.now() - start
    }
    this.counters.calls++
    const drawing = program.drawn ? draw : first
    if (joined) return [this.#textures.joined(shape, targets, drawing, meanwhile)]
    return this.#textures.drawn(shape, targets, drawing)
  }

  build(source: KernelSource, inputs: number, targets: number): boolean {
    if (this.#programs.has(source.text)) return false
    const start = performance.now()
    this.#program(source, inputs, targets)
    this.counters.compileMs += performance.now() - start
    return true
  }

  #program(source: KernelSource, inputs: number, targets: number): Program {
    return this.#programs.known(source.text) ?? this.#checked(() => this.#programs.add(source, inputs, targets))
  }

  /** After an error GL goes on with wrong numbers. Checking makes some drivers wait, so it is done once per program. */
  #checked<A>(work: () => A): A {
    const gl = this.#gl
    // clear errors of other code that shares the context
    gl.getError()
    const result = work()
    const error = gl.getError()
    if (error === gl.NO_ERROR) return result
    const what = error === gl.OUT_OF_MEMORY ? 'has no memory left' : `reports error ${error}`
    return raise('device', `the driver ${what} at a kernel's first run: try smaller tensors or another device`)
  }

  #draw(to: Program, { uniforms }: KernelSource, inputs: readonly PooledTexture[]): void {
    const gl = this.#gl
    this.#bound.program(to.program)
    if (to.place && to.uniforms !== uniforms) gl.uniform4fv(to.place, padded(uniforms))
    to.uniforms = uniforms
    inputs.forEach(({ texture }, unit) => this.#bound.texture(unit, texture))
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4)
  }

  finish(): void {
    this.#gl.finish()
  }

  reset(): void {
    this.#textures.clear()
    this.#programs.clear()
    this.#sources.clear()
    this.#bound.forget()
    Object.assign(this.counters, noCounts())
  }

  dispose(): void {
    this.#textures.dispose()
    this.#programs.clear()
    this.#sources.clear()
  }
}

/** Enables float textures to read from and to draw to. WebGL 1 may allow drawing without its extension. */
const askForFloats = (gl: GL, name: EngineName): void => {
  const needed = name === 'webgl2' ? 'EXT_color_buffer_float' : 'OES_texture_float'
  if (!gl.getExtension(needed)) raise(name, `the driver has no textures of floats (no ${needed})`)
  if (name !== 'webgl2') gl.getExtension('WEBGL_color_buffer_float')
}

/** Limits for uniforms, less what gpu.js needs. Varyings are for llvmpipe, which only headless-gl is known to use. */
const uniformsOf = (gl: GL, name: EngineName): UniformLimits => {
  const most = (stage: number): number => 4 * ((gl.getParameter(stage) as number) - 24)
  // gpu.js uses one, and the fragment's position counts as one
  const varyings = (gl.getParameter(gl.MAX_VARYING_VECTORS) as number) - 2
  return {
    most: Math.min(256, most(gl.MAX_FRAGMENT_UNIFORM_VECTORS), most(gl.MAX_VERTEX_UNIFORM_VECTORS)),
    varyings: name === 'headlessgl' ? varyings : 0
  }
}

/** The largest integer in programs. Some GPUs compute integers as floats, whose quotients are exact up to 2^22. */
const mostCountedOn = (gl: GL): number => {
  const range = gl.getShaderPrecisionFormat(gl.FRAGMENT_SHADER, gl.HIGH_INT)?.rangeMax ?? 0
  return range >= 30 ? 2 ** range - 1 : 2 ** 21
}

/** Uniforms by fours: they are vectors. */
const padded = (uniforms: readonly number[]): Float32Array => {
  const fours = new Float32Array(Math.ceil(uniforms.length / 4) * 4)
  fours.set(uniforms)
  return fours
}

const drawBuffers = (gl: GL): number => {
  if ('MAX_DRAW_BUFFERS' in gl) return gl.getParameter(gl.MAX_DRAW_BUFFERS) as number
  const extension = gl.getExtension('WEBGL_draw_buffers')
  return extension ? (gl.getParameter(extension.MAX_DRAW_BUFFERS_WEBGL) as number) : 1
}

/** The name of the driver. */
export const rendererOf = (gl: GL): string => {
  const info = gl.getExtension('WEBGL_debug_renderer_info')
  return String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER))
}

/**
 * With every program, gpu.js would resize headless-gl's drawing buffer to the widest times the highest kernel, although
 * pipelined kernels never draw to it.
 */
const keepDrawingBuffer = (gl: GL): void => {
  const extension = gl.getExtension('STACKGL_resize_drawingbuffer') as { resize(w: number, h: number): void } | null
  if (extension) extension.resize = () => undefined
}
