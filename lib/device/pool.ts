import { layoutOf, pack, sideOf, unpack } from '../compile/layout.ts'
import { raise, showShape } from '../core/raise.ts'
import type { Shape } from '../core/shape.ts'
import type { Buffer, Counters } from './engine.ts'
import { Texture } from './gpujs.ts'

export type GL = WebGLRenderingContext | WebGL2RenderingContext

export interface KernelTexture {
  readonly texture: WebGLTexture
}
interface TextureSettings {
  readonly texture: WebGLTexture
  readonly size: readonly [number, number]
  readonly dimensions: readonly [number, number, number]
  readonly output: readonly [number, number]
  readonly context: GL
  readonly type: string
  readonly kernel: object
}

const TextureBase = Texture as unknown as new (settings: TextureSettings) => KernelTexture

/** A texture of ours in gpu.js's clothes. gpu.js counts references to detach what it overwrites; the plan knows better. */
export class Held extends TextureBase implements Buffer {
  readonly bytes: number
  constructor(
    readonly gl: GL,
    texture: WebGLTexture,
    /** Of the part that holds texels. */
    readonly width: number,
    readonly height: number
  ) {
    super({
      texture,
      size: [width, height],
      dimensions: [width, height, 1],
      output: [width, height],
      context: gl,
      type: 'ArrayTexture(4)',
      kernel: {}
    })
    this.bytes = sideOf(width) * sideOf(height) * 16
  }
  beforeMutate(): boolean {
    return false
  }
  clone(): this {
    return this
  }
  delete(): void {
    // the pool owns it
  }
}

/** Textures in use and those that wait to be used again, within a budget of bytes if that can be. */
export class Textures {
  /** By size, and within a size those that have waited longest first. */
  readonly #waiting = new Map<string, Held[]>()
  readonly #all = new Set<Held>()
  #reader: WebGLFramebuffer | null = null
  #disposed = false
  constructor(
    readonly gl: GL,
    readonly isTwo: boolean,
    readonly size: number,
    readonly budget: number,
    readonly counters: Counters
  ) {}

  /** A texture for a tensor, or for one of so many planes of one. */
  take(shape: Shape, planes = 1): Held {
    const { width, height } = layoutOf(shape, this.size, planes)
    const [wanted, most] = [`${width}x${height}`, `${this.size}x${this.size}`]
    if (height > this.size)
      raise('device', `a tensor ${showShape(shape)} wants a texture of ${wanted}, this device has ${most}`)
    return this.#taken(width, height)
  }

  /** One texture with all of some planes, one below another; each goes back to the pool. */
  joined(planes: readonly Held[]): Held {
    const { gl } = this
    const [{ width, height }] = planes as readonly [Held]
    const held = this.#taken(width, height * planes.length)
    this.#bind(held.texture)
    planes.forEach((plane, i) => {
      this.#readFrom(plane)
      gl.copyTexSubImage2D(gl.TEXTURE_2D, 0, 0, i * height, 0, 0, width, height)
      this.give(plane)
    })
    return held
  }

  #taken(width: number, height: number): Held {
    const pooled = this.#waiting.get(`${width}x${height}`)?.pop()
    this.counters.live++
    if (!pooled) return this.#create(width, height)
    this.counters.pooled--
    return pooled
  }

  give(held: Held): void {
    if (this.#disposed) return
    const key = `${held.width}x${held.height}`
    const waiting = this.#waiting.get(key) ?? []
    // what was used last comes last: sizes that are not wanted any more are the first to go
    this.#waiting.delete(key)
    this.#waiting.set(key, waiting)
    waiting.push(held)
    this.counters.live--
    this.counters.pooled++
  }

  #create(width: number, height: number): Held {
    const { gl, counters } = this
    const [across, down] = [sideOf(width), sideOf(height)]
    const bytes = across * down * 16
    this.#makeRoom(bytes)
    const texture = gl.createTexture()
    if (!texture) return raise('device', `no memory for a texture of ${across}x${down}`)
    this.#bind(texture)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST)
    const format = this.isTwo ? (gl as WebGL2RenderingContext).RGBA32F : gl.RGBA
    gl.texImage2D(gl.TEXTURE_2D, 0, format, across, down, 0, gl.RGBA, gl.FLOAT, null)
    counters.created++
    counters.bytes += bytes
    counters.peakBytes = Math.max(counters.peakBytes, counters.bytes)
    const held = new Held(gl, texture, width, height)
    this.#all.add(held)
    return held
  }

  /** Lets waiting textures go, those of sizes out of use first, until so many bytes more are within the budget. */
  #makeRoom(bytes: number): void {
    for (const waiting of this.#waiting.values())
      while (waiting.length > 0 && this.counters.bytes + bytes > this.budget) this.#free(waiting.shift()!)
  }

  #free(held: Held): void {
    this.gl.deleteTexture(held.texture)
    this.#all.delete(held)
    this.counters.pooled--
    this.counters.bytes -= held.bytes
  }

  #bind(texture: WebGLTexture): void {
    this.gl.activeTexture(this.gl.TEXTURE0)
    this.gl.bindTexture(this.gl.TEXTURE_2D, texture)
  }

  upload(data: ArrayLike<number>, shape: Shape): Held {
    const held = this.take(shape)
    const { gl } = this
    this.#bind(held.texture)
    const texels = pack(data, shape, layoutOf(shape, this.size))
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, held.width, held.height, gl.RGBA, gl.FLOAT, texels)
    return held
  }

  download(held: Held, shape: Shape): Float32Array {
    const { gl } = this
    const { width, height } = held
    if (this.#disposed) raise('read', 'the device was disposed, and its numbers with it')
    this.#readFrom(held)
    const texels = new Float32Array(width * height * 4)
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.FLOAT, texels)
    return unpack(texels, shape)
  }

  #readFrom({ texture }: Held): void {
    const { gl } = this
    this.#reader ??= gl.createFramebuffer()
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#reader)
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0)
  }

  dispose(): void {
    this.#disposed = true
    for (const { texture } of this.#all) this.gl.deleteTexture(texture)
    this.#all.clear()
    this.#waiting.clear()
    Object.assign(this.counters, { live: 0, pooled: 0, bytes: 0 })
  }
}
