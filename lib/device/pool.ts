import { layoutOf, pack, sideOf, unpack, type Layout } from '../compile/layout.ts'
import { raise, showShape } from '../core/raise.ts'
import type { Shape } from '../core/shape.ts'
import type { Bound, GL } from './bound.ts'
import type { Buffer, Counters } from './engine.ts'
import { Framebuffers } from './framebuffers.ts'

/** A texture of the pool. */
export class Held implements Buffer {
  readonly bytes: number
  /** To draw into it and to read from it, once that was wanted. */
  framebuffer: WebGLFramebuffer | undefined
  constructor(
    readonly texture: WebGLTexture,
    /** Of the part that holds texels. */
    readonly width: number,
    readonly height: number
  ) {
    this.bytes = sideOf(width) * sideOf(height) * 16
  }
}

/** Textures of one size that a tiled kernel writes its planes to, always the same together. */
interface Planes {
  readonly all: readonly Held[]
  readonly framebuffer: WebGLFramebuffer
}

/** Textures in use and those that wait to be used again, within a budget of bytes if that can be. */
export class Textures {
  /** By size, and within a size those that have waited longest first. */
  readonly #waiting = new Map<string, (Held | Planes)[]>()
  readonly #all = new Set<Held>()
  readonly #framebuffers: Framebuffers
  #disposed = false
  constructor(
    readonly gl: GL,
    readonly bound: Bound,
    readonly isTwo: boolean,
    readonly size: number,
    readonly budget: number,
    readonly counters: Counters
  ) {
    this.#framebuffers = new Framebuffers(gl, bound, isTwo)
  }

  /** A texture for a tensor. */
  take(shape: Shape): Held {
    const { width, height } = this.#layout(shape)
    return this.#texture(width, height)
  }

  #texture(width: number, height: number): Held {
    return this.#taken(`${width}x${height}`, 1, () => this.#create(width, height))
  }

  #layout(shape: Shape, planes = 1): Layout {
    const layout = layoutOf(shape, this.size, planes)
    if (layout.height <= this.size) return layout
    const [wanted, most] = [`${layout.width}x${layout.height}`, `${this.size}x${this.size}`]
    return raise('device', `a tensor ${showShape(shape)} wants a texture of ${wanted}, this device has ${most}`)
  }

  /** Draws into new textures of one shape. */
  drawn(shape: Shape, count: number, draw: () => void): readonly Held[] {
    const all = Array.from({ length: count }, () => this.take(shape))
    this.#drawInto(all[0]!, this.#framebuffers.of(all), draw)
    this.gl.flush()
    return all
  }

  /**
   * Draws into so many planes, which then lie one below another in a texture. `meanwhile` is called before that waits
   * for the drawing to end.
   */
  joined(shape: Shape, count: number, draw: () => void, meanwhile?: () => void): Held {
    const { gl, bound } = this
    const { width, height } = this.#layout(shape, count)
    const key = `${count} of ${width}x${height}`
    const planes = this.#taken(key, count, (): Planes => {
      const all = Array.from({ length: count }, () => this.#create(width, height))
      return { all, framebuffer: this.#framebuffers.create(all) }
    })
    this.#drawInto(planes.all[0]!, planes.framebuffer, draw)
    if (meanwhile) {
      gl.flush()
      meanwhile()
    }
    const held = this.#texture(width, height * count)
    bound.active(0, held.texture)
    planes.all.forEach((plane, i) => {
      bound.framebuffer(this.#framebuffers.of([plane]))
      gl.copyTexSubImage2D(gl.TEXTURE_2D, 0, 0, i * height, 0, 0, width, height)
    })
    this.#wait(key, planes, count)
    return held
  }

  #drawInto({ width, height }: Held, framebuffer: WebGLFramebuffer, draw: () => void): void {
    this.bound.framebuffer(framebuffer)
    this.bound.size(width, height)
    draw()
  }

  #taken<A extends Held | Planes>(key: string, count: number, create: () => A): A {
    const pooled = this.#waiting.get(key)?.pop() as A | undefined
    this.counters.live += count
    if (pooled) this.counters.pooled -= count
    return pooled ?? create()
  }

  give(held: Held): void {
    if (!this.#disposed) this.#wait(`${held.width}x${held.height}`, held, 1)
  }

  #wait(key: string, what: Held | Planes, count: number): void {
    const waiting = this.#waiting.get(key) ?? []
    // what was used last comes last: sizes that are not wanted any more are the first to go
    this.#waiting.delete(key)
    this.#waiting.set(key, waiting)
    waiting.push(what)
    this.counters.live -= count
    this.counters.pooled += count
  }

  #create(width: number, height: number): Held {
    const { gl, counters } = this
    const [across, down] = [sideOf(width), sideOf(height)]
    const bytes = across * down * 16
    this.#makeRoom(bytes)
    const texture = gl.createTexture()
    if (!texture) return raise('device', `no memory for a texture of ${across}x${down}`)
    this.bound.active(0, texture)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST)
    const format = this.isTwo ? (gl as WebGL2RenderingContext).RGBA32F : gl.RGBA
    gl.texImage2D(gl.TEXTURE_2D, 0, format, across, down, 0, gl.RGBA, gl.FLOAT, null)
    counters.created++
    counters.bytes += bytes
    counters.peakBytes = Math.max(counters.peakBytes, counters.bytes)
    const held = new Held(texture, width, height)
    this.#all.add(held)
    return held
  }

  /** Lets waiting textures go, those of sizes out of use first, until so many bytes more are within the budget. */
  #makeRoom(bytes: number): void {
    for (const waiting of this.#waiting.values())
      while (waiting.length > 0 && this.counters.bytes + bytes > this.budget) this.#free(waiting.shift()!)
  }

  #free(what: Held | Planes): void {
    if (!(what instanceof Held)) this.#framebuffers.delete(what.framebuffer)
    for (const held of what instanceof Held ? [what] : what.all) {
      this.#framebuffers.delete(held.framebuffer)
      this.gl.deleteTexture(held.texture)
      this.#all.delete(held)
      this.counters.pooled--
      this.counters.bytes -= held.bytes
    }
  }

  upload(data: ArrayLike<number>, shape: Shape): Held {
    const held = this.take(shape)
    const { gl } = this
    this.bound.active(0, held.texture)
    const texels = pack(data, shape, layoutOf(shape, this.size))
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, held.width, held.height, gl.RGBA, gl.FLOAT, texels)
    return held
  }

  download(held: Held, shape: Shape): Float32Array {
    const { gl } = this
    const { width, height } = held
    if (this.#disposed) raise('read', 'the device was disposed, and its numbers with it')
    this.bound.framebuffer(this.#framebuffers.of([held]))
    const texels = new Float32Array(width * height * 4)
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.FLOAT, texels)
    return unpack(texels, shape)
  }

  dispose(): void {
    this.#disposed = true
    this.#framebuffers.dispose()
    for (const { texture } of this.#all) this.gl.deleteTexture(texture)
    this.#all.clear()
    this.#waiting.clear()
    Object.assign(this.counters, { live: 0, pooled: 0, bytes: 0 })
  }
}
