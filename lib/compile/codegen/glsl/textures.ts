import {
  addAffine,
  coefficient,
  constant,
  divMod,
  flatten,
  freshVar,
  keyOf,
  scale,
  shift,
  variable,
  type Affine,
  type Var
} from '../../../core/affine.ts'
import type { Shape } from '../../../core/shape.ts'
import { dividesInFloats, fitsFloats } from '../../kernel/exact.ts'
import type { Kernel } from '../../kernel/ir.ts'
import { given, perSide } from '../uniforms.ts'
import { sideOf, type Layout } from '../../kernel/layout.ts'
import type { Names } from '../names.ts'
import type { Coordinate, Place } from './place.ts'
import { planeLayout, targetsOf } from '../../kernel/planes.ts'
import type { Block } from '../block.ts'

export const divisibleByFour = (a: Affine): boolean => a.c % 4 === 0 && a.terms.every(([, k]) => k % 4 === 0)
export const quarter = (a: Affine): Affine => ({ c: a.c / 4, terms: a.terms.map(([v, k]) => [v, k / 4] as const) })

/** Reads of a kernel's buffers: from an index to the text of a texel or one of its channels. */
export class TextureReads {
  /** Of each slot's buffer; where that lies in planes, of one of them. */
  readonly #layouts: readonly Layout[]
  place: Place | undefined
  /** For a loop's counter another one that is always 0, and stands in an address wherever that stands. */
  readonly twins = new Map<Var, Var>()
  constructor(
    readonly kernel: Kernel,
    readonly dialect: { readonly textureSize: number; readonly fetch: string },
    readonly names: Names,
    /** The block around all loops. */
    readonly root: Block,
    /**
     * Whether an address is the sum of all coordinates, each times a number: kernels whose buffers lie differently then
     * differ in numbers alone.
     */
    readonly sums: boolean
  ) {
    if (sums) names.divided = (of, block) => this.#position(of, block)
    this.#layouts = kernel.inputs.map((x, slot) => planeLayout(x.shape, this.#tile(slot), dialect.textureSize))
  }

  #tile(slot: number): readonly number[] {
    return this.kernel.tiles?.[slot] ?? []
  }

  /** Whether a texel lies in its texture where the fragment lies in its own. */
  isHere(slot: number, index: readonly Affine[]): boolean {
    const { texels, width, height } = this.#layouts[slot]!
    const { place } = this
    if (this.#tile(slot).length > 0 || width !== place?.layout.width || height !== place.layout.height) return false
    const long = (sizes: Shape, at: readonly Affine[]): string =>
      sizes.flatMap((d, axis) => (d > 1 ? [`${d} ${keyOf(at[axis]!)}`] : [])).join()
    return long(texels, index) === long(place.layout.texels, place.index)
  }

  /** One number: a channel of a texel, known beforehand where the index tells. */
  element(slot: number, shape: Shape, index: readonly Affine[], block: Block): string {
    const [first = constant(0), ...rest] = index
    if (shape.length === 0) return `${this.texel(slot, [constant(0)], block)}.x`
    const channel = ((first.c % 4) + 4) % 4
    const block4 = shift(first, -channel)
    if (divisibleByFour(block4)) return `${this.texel(slot, [quarter(block4), ...rest], block)}.${'xyzw'[channel]}`
    if (fitsFloats(first)) return this.dynamic(slot, this.#number(first, block), shape, rest, block)
    const position = this.names.integer(first, block)
    const texel = block.let('int', `${position} / 4`)
    const lead = freshVar(Math.ceil(shape[0]! / 4))
    this.names.setInteger(lead, texel)
    return this.#picked(slot, lead, block.let('float', `float(${position} - 4 * ${texel})`), rest, block)
  }

  /** A channel that only the running kernel knows. */
  dynamic(slot: number, position: string, [first]: Shape, rest: readonly Affine[], block: Block): string {
    const texel = block.let('float', `floor(${position} * 0.25)`)
    const lead = freshVar(Math.ceil(first! / 4))
    this.names.set(lead, texel)
    return this.#picked(slot, lead, block.let('float', `${position} - 4.0 * ${texel}`), rest, block)
  }

  #picked(slot: number, lead: Var, channel: string, rest: readonly Affine[], block: Block): string {
    return block.let('float', `pick(${this.texel(slot, [variable(lead), ...rest], block)}, ${channel})`)
  }

  /** Fetches the texel at an index whose leading part counts in texels. */
  texel(slot: number, index: readonly Affine[], block: Block): string {
    const here = this.isHere(slot, index)
    const address = here ? this.#here(this.#layouts[slot]!, block) : this.#address(slot, index, block)
    return block.let('vec4', `${this.dialect.fetch}(user_a${slot}, ${address})`)
  }

  /** The fragment's own place, in a texture of the same size. */
  #here({ width, height }: Layout, block: Block): string {
    return block.let('vec2', `gl_FragCoord.xy * vec2(${given(1 / sideOf(width))}, ${given(1 / sideOf(height))})`)
  }

  /** The place of a texel in its texture, between 0 and 1. */
  #address(slot: number, index: readonly Affine[], block: Block): string {
    const layout = this.#layouts[slot]!
    const tile = this.#tile(slot)
    const parts = index.map((i, axis) => divMod(i, tile[axis] ?? 1))
    const inside = parts.map(([quotient]) => quotient)
    const plane = parts.reduce((sum, [, rest], axis) => addAffine(scale(sum, tile[axis] ?? 1), rest), constant(0))
    const above = scale(plane, layout.height)
    const [width, height] = [sideOf(layout.width), sideOf(layout.height * targetsOf(tile))]
    const [u, v] = acrossAndDown(layout, inside)
    const down = addAffine(v, above)
    if (this.sums && layout.split >= 0 && [u, down].every(fitsFloats))
      return this.#sum([u, down], [width, height], block)
    const [across, row] =
      layout.split < 0 ? this.#wrapped(u, above, layout.width, block) : [u, down].map((at) => this.#number(at, block))
    const x = block.let('float', `(${across} + 0.5) * ${perSide(slot, 'x', width)}`)
    const y = block.let('float', `(${row} + 0.5) * ${perSide(slot, 'y', height)}`)
    return `vec2(${x}, ${y})`
  }

  #sum([u, v]: readonly [Affine, Affine], [width, height]: readonly [number, number], block: Block): string {
    const start = `vec2(${given((u.c + 0.5) / width)}, ${given((v.c + 0.5) / height)})`
    if (u.terms.length + v.terms.length === 0) return block.let('vec2', start)
    const step = (w: Var | undefined): string =>
      `vec2(${given(w ? coefficient(u, w) / width : 0)}, ${given(w ? coefficient(v, w) / height : 0)})`
    return this.#added('vec2', [u, v], step, start, block)
  }

  #number(at: Affine, block: Block): string {
    return this.sums ? this.#position(at, block) : this.names.number(at, block)
  }

  /** An index as the sum of all coordinates. */
  #position(at: Affine, block: Block): string {
    const step = (w: Var | undefined): string => given(w ? coefficient(at, w) : 0)
    return this.#added('float', [at], step, given(at.c), block)
  }

  /** All coordinates, added up before all loops, and then the other variables of some indices, each times its step. */
  #added(
    type: 'float' | 'vec2',
    indices: readonly Affine[],
    step: (w: Var | undefined) => string,
    start: string,
    block: Block
  ): string {
    const coordinates = this.place?.coordinates ?? []
    const base = this.root.let(type, coordinates.map(({ axis, name }) => `${name()} * ${step(axis)}`).join(' + '))
    const others = this.#others(indices, coordinates).map(
      (w) => `${this.names.number(variable(w), block)} * ${step(w)}`
    )
    return block.let(type, [base, ...others, start].join(' + '))
  }

  /** The variables of some indices that are no coordinates: loop counters with their twins, quotients and remainders. */
  #others(indices: readonly Affine[], coordinates: readonly Coordinate[]): readonly Var[] {
    const own = new Set(coordinates.map(({ axis }) => axis))
    const vars = new Set(indices.flatMap(({ terms }) => terms.flatMap(([w]) => (own.has(w) ? [] : [w]))))
    const twins = [...vars].flatMap((w) => this.twins.get(w) ?? [])
    return [...vars, ...twins].sort((a, b) => a.id - b.id)
  }

  /** A position in rows that break anywhere, so far down. */
  #wrapped(flat: Affine, above: Affine, width: number, block: Block): readonly [string, string] {
    if (!dividesInFloats(flat)) {
      const whole = this.names.integer(flat, block)
      const row = block.let('int', `${whole} / ${width}`)
      const down = block.let('int', `${row} + ${this.names.integer(above, block)}`)
      return [`float(${whole} - ${width} * ${row})`, `float(${down})`]
    }
    const position = this.#number(flat, block)
    const v = block.let('float', `floor((${position} + 0.5) * ${given(1 / width)})`)
    const u = block.let('float', `${position} - ${given(width)} * ${v}`)
    const first = above.terms.length === 0 && above.c === 0
    return [u, first ? v : block.let('float', `${v} + ${this.#number(above, block)}`)]
  }
}

/** The column and the row of a texel; where rows break anywhere, its position and 0. */
const acrossAndDown = ({ texels, split }: Layout, index: readonly Affine[]): readonly [Affine, Affine] => {
  const at = Math.max(0, split)
  return [flatten(index.slice(at), texels.slice(at)), flatten(index.slice(0, at), texels.slice(0, at))]
}
