import type { Kernel } from '../compile/kernel/ir.ts'
import type { KernelSource } from '../compile/codegen/program.ts'
import type { Tiling } from '../compile/kernel/tiling.ts'
import type { Shape } from '../core/shape.ts'
import type { Buffer, Engine, Saved, Tenant } from './engine.ts'
import { DeviceLostError } from './api/lost.ts'

/**
 * An engine that throws the library's errors. Errors of gpu.js and the driver mean little to a caller of `read`; if the
 * context is lost, the error says just that.
 */
export const guarded = (engine: Engine): Engine => (engine instanceof Guarded ? engine : new Guarded(engine))

class Guarded implements Engine {
  readonly name
  readonly renderer
  readonly textureSize
  readonly inputs
  readonly targets
  readonly counters
  readonly costs
  readonly loss
  constructor(readonly engine: Engine) {
    this.name = engine.name
    this.renderer = engine.renderer
    this.textureSize = engine.textureSize
    this.inputs = engine.inputs
    this.targets = engine.targets
    this.counters = engine.counters
    this.costs = engine.costs
    this.loss = engine.loss
  }

  #try<A>(work: () => A): A {
    try {
      return work()
    } catch (thrown) {
      throw this.loss.explained(thrown)
    }
  }

  /** On a lost device there is nothing to give back. */
  #release(work: () => void): void {
    try {
      this.#try(work)
    } catch (thrown) {
      if (!(thrown instanceof DeviceLostError)) throw thrown
    }
  }

  get tenant(): Tenant | undefined {
    return this.engine.tenant
  }

  set tenant(tenant: Tenant | undefined) {
    this.engine.tenant = tenant
  }

  begin(): void {
    this.engine.begin()
  }

  source(kernel: Kernel, tiling?: Tiling): KernelSource {
    return this.engine.source(kernel, tiling)
  }

  take(shape: Shape): Buffer {
    return this.#try(() => this.engine.take(shape))
  }

  give(buffer: Buffer): void {
    this.#release(() => this.engine.give(buffer))
  }

  upload(data: ArrayLike<number>, shape: Shape): Buffer {
    return this.#try(() => this.engine.upload(data, shape))
  }

  download(buffer: Buffer, shape: Shape): Float32Array {
    return this.#try(() => this.engine.download(buffer, shape))
  }

  save(buffer: Buffer): Saved {
    return this.#try(() => this.engine.save(buffer))
  }

  restore(saved: Saved): Buffer {
    return this.#try(() => this.engine.restore(saved))
  }

  unpack(saved: Saved, shape: Shape): Float32Array {
    return this.engine.unpack(saved, shape)
  }

  run(...how: Parameters<Engine['run']>): readonly Buffer[] {
    return this.#try(() => this.engine.run(...how))
  }

  build(source: KernelSource, inputs: number, targets: number): boolean {
    return this.#try(() => this.engine.build(source, inputs, targets))
  }

  has(source: KernelSource): boolean {
    return this.engine.has(source)
  }

  finish(): void {
    this.#try(() => this.engine.finish())
  }

  reset(): void {
    this.#try(() => this.engine.reset())
  }

  dispose(): void {
    this.#release(() => this.engine.dispose())
  }
}
