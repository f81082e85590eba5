import { layoutOf, pack, sideOf, unpack, type Layout } from '../compile/kernel/layout.ts'
import { raise, showShape } from '../base/raise.ts'
import type { Shape } from '../core/shape.ts'
import { noRoom, type Saved, type Tenant } from './engine.ts'
import { Framebuffers } from './framebuffers.ts'
import {
  createTexture,
  PooledTexture,
  RenderTargets,
  readTexels,
  textureBytes,
  writeTexels,
  type Texels,
  type TextureHost
} from './texture.ts'

/**
 * Free textures may weigh `runsWaiting` times what a run takes; below `littleInAll` bytes in all, there is no limit. Without
 * one, tensors whose shapes never repeat would leave more and more of them.
 */
const runsWaiting = 4
const littleInAll = 2 ** 27

/** Textures in use and free ones that wait for reuse, within a budget of bytes. */
export class TexturePool {
  /** Free textures by size; within a size, those that have waited longest come first. */
  readonly #waiting = new Map<string, (PooledTexture | RenderTargets)[]>()
  readonly #all = new Set<PooledTexture>()
  readonly #framebuffers: Framebuffers
  /** Weights: of all textures, of free ones, of those the current run took, and the most that a run took. */
  readonly #weight = { all: 0, waiting: 0, taken: 0, most: 0 }
  #run = 0
  #disposed = false
  /** The holder of buffers, which can make room. */
  tenant: Tenant | undefined
  constructor(readonly host: TextureHost) {
    this.#framebuffers = new Framebuffers(host.gl, host.bound, host.isTwo)
  }

  /** Begins a run. */
  begin(): void {
    this.#run++
    this.#weight.taken = 0
  }

  /** A texture for a tensor. */
  take(shape: Shape): PooledTexture {
    const { width, height } = this.#layout(shape)
    return this.#texture(shape, width, height)
  }

  #texture(shape: Shape, width: number, height: number): PooledTexture {
    const held = this.#taken(`${width}x${height}`, textureBytes(width, height), () =>
      this.#create(shape, width, height)
    )
    held.shape = shape
    return held
  }

  #layout(shape: Shape, slices = 1): Layout {
    const { size } = this.host
    const layout = layoutOf(shape, size, slices)
    if (layout.height <= size) return layout
    const [wanted, most] = [`${layout.width}x${layout.height}`, `${size}x${size}`]
    return raise('device', `a tensor ${showShape(shape)} needs a texture of ${wanted}; this device has ${most} at most`)
  }

  /** Draws into new textures of one shape. */
  drawn(shape: Shape, count: number, draw: () => void): readonly PooledTexture[] {
    const all: PooledTexture[] = []
    try {
      while (all.length < count) all.push(this.take(shape))
      this.#drawInto(all[0]!, this.#framebuffers.of(all), draw)
    } catch (thrown) {
      all.forEach((held) => this.give(held))
      throw thrown
    }
    this.host.gl.flush()
    return all
  }

  /**
   * Draws into `count` render targets and stacks them in one texture. `meanwhile` is called before the copies wait for the
   * drawing to end.
   */
  joined(shape: Shape, count: number, draw: () => void, meanwhile?: () => void): PooledTexture {
    const { width, height } = this.#layout(shape, count)
    const key = `${count} of ${width}x${height}`
    const slices = this.#taken(key, count * textureBytes(width, height), () =>
      this.#slices(shape, width, height, count)
    )
    try {
      this.#drawInto(slices.all[0]!, slices.framebuffer, draw)
      if (meanwhile) {
        this.host.gl.flush()
        meanwhile()
      }
      return this.#together(slices, shape, width, height)
    } finally {
      this.#wait(key, slices)
    }
  }

  #slices(shape: Shape, width: number, height: number, count: number): RenderTargets {
    const all: PooledTexture[] = []
    try {
      while (all.length < count) all.push(this.#create(shape, width, height))
      return new RenderTargets(all, this.#framebuffers.create(all))
    } catch (thrown) {
      all.forEach((held) => this.#delete(held))
      throw thrown
    }
  }

  #together({ all }: RenderTargets, shape: Shape, width: number, height: number): PooledTexture {
    const { gl, bound } = this.host
    const held = this.#texture(shape, width, height * all.length)
    bound.active(0, held.texture)
    all.forEach((slice, i) => {
      bound.framebuffer(this.#framebuffers.of([slice]))
      gl.copyTexSubImage2D(gl.TEXTURE_2D, 0, 0, i * height, 0, 0, width, height)
    })
    return held
  }

  #drawInto({ width, height }: PooledTexture, framebuffer: WebGLFramebuffer, draw: () => void): void {
    const { bound } = this.host
    bound.framebuffer(framebuffer)
    bound.size(width, height)
    draw()
  }

  #taken<A extends PooledTexture | RenderTargets>(key: string, bytes: number, create: () => A): A {
    const taken = ((this.#pop(key) ?? this.#afterRelief(key, bytes)) as A | undefined) ?? create()
    this.host.counters.live += taken.all.length
    for (const held of taken.all) held.waits = false
    this.#count(taken)
    return taken
  }

  #pop(key: string): PooledTexture | RenderTargets | undefined {
    const pooled = this.#waiting.get(key)?.pop()
    if (!pooled) return undefined
    this.host.counters.pooled -= pooled.all.length
    this.#weight.waiting -= pooled.weight
    return pooled
  }

  /** Makes room for a texture: drops free ones, then moves results to the host until one of their textures fits. */
  #afterRelief(key: string, bytes: number): PooledTexture | RenderTargets | undefined {
    const isFull = (): boolean => this.#isFull(bytes)
    while (isFull()) {
      this.#freeWhile(isFull)
      if (!isFull() || !this.tenant?.relieve()) return undefined
      const relieved = this.#pop(key)
      if (relieved) return relieved
    }
    return undefined
  }

  #isFull(bytes: number): boolean {
    return this.host.counters.bytes + bytes > this.host.budget
  }

  /** Counts what the run takes, each texture once. */
  #count(what: PooledTexture | RenderTargets): void {
    if (what.run === this.#run) return
    what.run = this.#run
    this.#weight.taken += what.weight
    this.#weight.most = Math.max(this.#weight.most, this.#weight.taken)
  }

  give(held: PooledTexture): void {
    if (!this.#disposed) this.#wait(`${held.width}x${held.height}`, held)
  }

  #wait(key: string, what: PooledTexture | RenderTargets): void {
    const waiting = this.#waiting.get(key) ?? []
    // recently used sizes move to the end, so that sizes out of use are dropped first
    this.#waiting.delete(key)
    this.#waiting.set(key, waiting)
    waiting.push(what)
    for (const held of what.all) held.waits = true
    this.host.counters.live -= what.all.length
    this.host.counters.pooled += what.all.length
    this.#weight.waiting += what.weight
    if (this.#isTooMuch()) this.#freeWhile(() => this.#isTooMuch())
  }

  #isTooMuch(): boolean {
    const { all, waiting, most } = this.#weight
    return waiting > runsWaiting * most && all > littleInAll
  }

  #create(shape: Shape, width: number, height: number): PooledTexture {
    const { counters, budget } = this.host
    const bytes = textureBytes(width, height)
    if (this.#isFull(bytes)) this.#refuse(shape, bytes, `limits.bytes is ${budget}`)
    const held = new PooledTexture(this.#allocated(shape, width, height), width, height)
    counters.created++
    counters.bytes += bytes
    counters.peakBytes = Math.max(counters.peakBytes, counters.bytes)
    this.#weight.all += held.weight
    this.#all.add(held)
    return held
  }

  /** Creates a texture; if the driver has no memory left, drops textures that are not needed. */
  #allocated(shape: Shape, width: number, height: number): WebGLTexture {
    for (;;) {
      const texture = createTexture(this.host, sideOf(width), sideOf(height))
      if (texture) return texture
      this.host.loss.check()
      const before = this.#all.size
      this.#freeWhile(() => this.#all.size === before)
      if (this.#all.size < before || this.tenant?.relieve()) continue
      return this.#refuse(shape, textureBytes(width, height), 'the driver has no memory left')
    }
  }

  #refuse(shape: Shape, bytes: number, why: string): never {
    const inUse = [...this.#all].filter(({ waits }) => !waits)
    return raise('device', noRoom({ shape, bytes }, why, inUse))
  }

  /** Drops free textures, those of sizes out of use first. */
  #freeWhile(wanted: () => boolean): void {
    for (const [key, waiting] of this.#waiting) {
      while (waiting.length > 0 && wanted()) this.#free(waiting.shift()!)
      if (waiting.length > 0) return
      this.#waiting.delete(key)
    }
  }

  #free(what: PooledTexture | RenderTargets): void {
    this.#weight.waiting -= what.weight
    this.host.counters.pooled -= what.all.length
    if (what instanceof RenderTargets) this.#framebuffers.delete(what.framebuffer)
    what.all.forEach((held) => this.#delete(held))
  }

  #delete(held: PooledTexture): void {
    this.#framebuffers.delete(held.framebuffer)
    this.host.gl.deleteTexture(held.texture)
    this.#all.delete(held)
    this.host.counters.bytes -= held.bytes
    this.#weight.all -= held.weight
  }

  upload(data: ArrayLike<number>, shape: Shape): PooledTexture {
    const held = this.take(shape)
    writeTexels(this.host, held, pack(data, shape, layoutOf(shape, this.host.size)))
    return held
  }

  download(held: PooledTexture, shape: Shape): Float32Array {
    return unpack(this.save(held).texels, shape)
  }

  save(held: PooledTexture): Texels {
    if (this.#disposed) raise('read', 'the device was disposed, and its numbers with it')
    return readTexels(this.host, held, this.#framebuffers.of([held]))
  }

  restore(saved: Saved): PooledTexture {
    const { texels, held: before } = saved as Texels
    const held = this.#texture(before.shape, before.width, before.height)
    writeTexels(this.host, held, texels)
    return held
  }

  unpack(saved: Saved, shape: Shape): Float32Array {
    return unpack((saved as Texels).texels, shape)
  }

  /** Deletes all textures, including those in use. */
  clear(): void {
    this.#framebuffers.dispose()
    for (const { texture } of this.#all) this.host.gl.deleteTexture(texture)
    this.#all.clear()
    this.#waiting.clear()
    Object.assign(this.#weight, { all: 0, waiting: 0, taken: 0, most: 0 })
    Object.assign(this.host.counters, { live: 0, pooled: 0, bytes: 0 })
  }

  dispose(): void {
    this.#disposed = true
    this.clear()
  }
}
