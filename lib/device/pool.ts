import { layoutOf, pack, sideOf, unpack, type Layout } from '../compile/kernel/layout.ts'
import { raise, showShape } from '../base/raise.ts'
import type { Shape } from '../core/shape.ts'
import { noRoom, type Saved, type Tenant } from './engine.ts'
import { Framebuffers } from './framebuffers.ts'
import {
  createTexture,
  HeldTexture,
  Planes,
  readTexels,
  textureBytes,
  writeTexels,
  type Texels,
  type TextureHost
} from './texture.ts'

/**
 * Textures that wait may weigh so many times what a run takes, or anything as long as all together weigh no more than
 * this: tensors whose shapes are never the same twice would leave ever more of them.
 */
const runsWaiting = 4
const littleInAll = 2 ** 27

/** Textures in use and those that wait to be used again, within a budget of bytes. */
export class TexturePool {
  /** By size, and within a size those that have waited longest first. */
  readonly #waiting = new Map<string, (HeldTexture | Planes)[]>()
  readonly #all = new Set<HeldTexture>()
  readonly #framebuffers: Framebuffers
  /** Of all; those that wait; those that the present run has taken, and the most that one took. */
  readonly #weight = { all: 0, waiting: 0, taken: 0, most: 0 }
  #run = 0
  #disposed = false
  /** Whom to ask for room. */
  tenant: Tenant | undefined
  constructor(readonly host: TextureHost) {
    this.#framebuffers = new Framebuffers(host.gl, host.bound, host.isTwo)
  }

  /** A run begins. */
  begin(): void {
    this.#run++
    this.#weight.taken = 0
  }

  /** A texture for a tensor. */
  take(shape: Shape): HeldTexture {
    const { width, height } = this.#layout(shape)
    return this.#texture(shape, width, height)
  }

  #texture(shape: Shape, width: number, height: number): HeldTexture {
    const held = this.#taken(`${width}x${height}`, textureBytes(width, height), () =>
      this.#create(shape, width, height)
    )
    held.shape = shape
    return held
  }

  #layout(shape: Shape, planes = 1): Layout {
    const { size } = this.host
    const layout = layoutOf(shape, size, planes)
    if (layout.height <= size) return layout
    const [wanted, most] = [`${layout.width}x${layout.height}`, `${size}x${size}`]
    return raise('device', `a tensor ${showShape(shape)} wants a texture of ${wanted}, this device has ${most}`)
  }

  /** Draws into new textures of one shape. */
  drawn(shape: Shape, count: number, draw: () => void): readonly HeldTexture[] {
    const all: HeldTexture[] = []
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
   * Draws into so many planes, which then lie one below another in a texture. `meanwhile` is called before that waits
   * for the drawing to end.
   */
  joined(shape: Shape, count: number, draw: () => void, meanwhile?: () => void): HeldTexture {
    const { width, height } = this.#layout(shape, count)
    const key = `${count} of ${width}x${height}`
    const planes = this.#taken(key, count * textureBytes(width, height), () =>
      this.#planes(shape, width, height, count)
    )
    try {
      this.#drawInto(planes.all[0]!, planes.framebuffer, draw)
      if (meanwhile) {
        this.host.gl.flush()
        meanwhile()
      }
      return this.#together(planes, shape, width, height)
    } finally {
      this.#wait(key, planes)
    }
  }

  #planes(shape: Shape, width: number, height: number, count: number): Planes {
    const all: HeldTexture[] = []
    try {
      while (all.length < count) all.push(this.#create(shape, width, height))
      return new Planes(all, this.#framebuffers.create(all))
    } catch (thrown) {
      all.forEach((held) => this.#delete(held))
      throw thrown
    }
  }

  #together({ all }: Planes, shape: Shape, width: number, height: number): HeldTexture {
    const { gl, bound } = this.host
    const held = this.#texture(shape, width, height * all.length)
    bound.active(0, held.texture)
    all.forEach((plane, i) => {
      bound.framebuffer(this.#framebuffers.of([plane]))
      gl.copyTexSubImage2D(gl.TEXTURE_2D, 0, 0, i * height, 0, 0, width, height)
    })
    return held
  }

  #drawInto({ width, height }: HeldTexture, framebuffer: WebGLFramebuffer, draw: () => void): void {
    const { bound } = this.host
    bound.framebuffer(framebuffer)
    bound.size(width, height)
    draw()
  }

  #taken<A extends HeldTexture | Planes>(key: string, bytes: number, create: () => A): A {
    const taken = ((this.#pop(key) ?? this.#afterRelief(key, bytes)) as A | undefined) ?? create()
    this.host.counters.live += taken.all.length
    for (const held of taken.all) held.waits = false
    this.#count(taken)
    return taken
  }

  #pop(key: string): HeldTexture | Planes | undefined {
    const pooled = this.#waiting.get(key)?.pop()
    if (!pooled) return undefined
    this.host.counters.pooled -= pooled.all.length
    this.#weight.waiting -= pooled.weight
    return pooled
  }

  /** Where there is no room for another texture: lets go of those that wait, then of results, one of which may do. */
  #afterRelief(key: string, bytes: number): HeldTexture | Planes | undefined {
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

  /** What the run takes, each once. */
  #count(what: HeldTexture | Planes): void {
    if (what.run === this.#run) return
    what.run = this.#run
    this.#weight.taken += what.weight
    this.#weight.most = Math.max(this.#weight.most, this.#weight.taken)
  }

  give(held: HeldTexture): void {
    if (!this.#disposed) this.#wait(`${held.width}x${held.height}`, held)
  }

  #wait(key: string, what: HeldTexture | Planes): void {
    const waiting = this.#waiting.get(key) ?? []
    // what was used last comes last: sizes that are not wanted any more are the first to go
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

  #create(shape: Shape, width: number, height: number): HeldTexture {
    const { counters, budget } = this.host
    const bytes = textureBytes(width, height)
    if (this.#isFull(bytes)) this.#refuse(shape, bytes, `limits.bytes is ${budget}`)
    const held = new HeldTexture(this.#allocated(shape, width, height), width, height)
    counters.created++
    counters.bytes += bytes
    counters.peakBytes = Math.max(counters.peakBytes, counters.bytes)
    this.#weight.all += held.weight
    this.#all.add(held)
    return held
  }

  /** A new texture; where the driver has no memory left, with that of what can be done without. */
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

  /** Lets waiting textures go, those of sizes out of use first. */
  #freeWhile(wanted: () => boolean): void {
    for (const [key, waiting] of this.#waiting) {
      while (waiting.length > 0 && wanted()) this.#free(waiting.shift()!)
      if (waiting.length > 0) return
      this.#waiting.delete(key)
    }
  }

  #free(what: HeldTexture | Planes): void {
    this.#weight.waiting -= what.weight
    this.host.counters.pooled -= what.all.length
    if (what instanceof Planes) this.#framebuffers.delete(what.framebuffer)
    what.all.forEach((held) => this.#delete(held))
  }

  #delete(held: HeldTexture): void {
    this.#framebuffers.delete(held.framebuffer)
    this.host.gl.deleteTexture(held.texture)
    this.#all.delete(held)
    this.host.counters.bytes -= held.bytes
    this.#weight.all -= held.weight
  }

  upload(data: ArrayLike<number>, shape: Shape): HeldTexture {
    const held = this.take(shape)
    writeTexels(this.host, held, pack(data, shape, layoutOf(shape, this.host.size)))
    return held
  }

  download(held: HeldTexture, shape: Shape): Float32Array {
    return unpack(this.save(held).texels, shape)
  }

  save(held: HeldTexture): Texels {
    if (this.#disposed) raise('read', 'the device was disposed, and its numbers with it')
    return readTexels(this.host, held, this.#framebuffers.of([held]))
  }

  restore(saved: Saved): HeldTexture {
    const { texels, held: before } = saved as Texels
    const held = this.#texture(before.shape, before.width, before.height)
    writeTexels(this.host, held, texels)
    return held
  }

  unpack(saved: Saved, shape: Shape): Float32Array {
    return unpack((saved as Texels).texels, shape)
  }

  /** Deletes all textures, those in use too. */
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
