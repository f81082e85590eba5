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
import { call, channel, code, joined, literal, perSide, size, type Code } from '../code.ts'
import { sideOf, type Layout } from '../../kernel/layout.ts'
import type { Names } from '../names.ts'
import type { Coordinate, Place } from './place.ts'
import { sliceLayout, targetsOf } from '../../kernel/slices.ts'
import type { Block } from '../block.ts'

/** Whether an index is a multiple of four for all values of its variables. */
export const divisibleByFour = (a: Affine): boolean => a.c % 4 === 0 && a.terms.every(([, k]) => k % 4 === 0)
/** A quarter of such an index. */
export const quarter = (a: Affine): Affine => ({ c: a.c / 4, terms: a.terms.map(([v, k]) => [v, k / 4] as const) })

/** Writes loads: from the index of an element to a texel or one of its channels. */
export class TextureReads {
  /** The layout of each slot's buffer; of one slice if the buffer is stored as slices. */
  readonly #layouts: readonly Layout[]
  place: Place | undefined
  /** For a loop's counter, the one of the extra loop of one turn: addresses that have one have both. */
  readonly twins = new Map<Var, Var>()
  constructor(
    readonly kernel: Kernel,
    readonly dialect: { readonly textureSize: number; readonly fetch: string },
    readonly names: Names,
    /** The block around all loops. */
    readonly root: Block,
    /**
     * Whether an address is the sum of all coordinates, each times a number. Kernels that differ in the layout of their
     * buffers then differ in numbers alone.
     */
    readonly sums: boolean
  ) {
    if (sums) names.dividend = (of, block) => this.#position(of, block)
    this.#layouts = kernel.inputs.map((x, slot) => sliceLayout(x.shape, this.#tile(slot), dialect.textureSize))
  }

  #tile(slot: number): readonly number[] {
    return this.kernel.tiles?.[slot] ?? []
  }

  /** Whether a texel has the same position in its texture as the fragment has in the output. */
  isHere(slot: number, index: readonly Affine[]): boolean {
    const { texels, width, height } = this.#layouts[slot]!
    const { place } = this
    if (this.#tile(slot).length > 0 || width !== place?.layout.width || height !== place.layout.height) return false
    const long = (sizes: Shape, at: readonly Affine[]): string =>
      sizes.flatMap((d, axis) => (d > 1 ? [`${d} ${keyOf(at[axis]!)}`] : [])).join()
    return long(texels, index) === long(place.layout.texels, place.index)
  }

  /** One element: a channel of a texel. The channel is static if the index determines it. */
  element(slot: number, shape: Shape, index: readonly Affine[], block: Block): Code {
    const [first = constant(0), ...rest] = index
    if (shape.length === 0) return channel(this.texel(slot, [constant(0)], block), 0)
    const lane = ((first.c % 4) + 4) % 4
    const block4 = shift(first, -lane)
    if (divisibleByFour(block4)) return channel(this.texel(slot, [quarter(block4), ...rest], block), lane)
    if (fitsFloats(first)) return this.dynamic(slot, this.#number(first, block), shape, rest, block)
    const position = this.names.integer(first, block)
    const texel = block.let('int', code`${position} / 4`)
    const lead = freshVar(Math.ceil(shape[0]! / 4))
    this.names.setInteger(lead, texel)
    return this.#picked(slot, lead, block.let('float', code`float(${position} - 4 * ${texel})`), rest, block)
  }

  /** An element whose channel only the running kernel knows. */
  dynamic(slot: number, position: Code, [first]: Shape, rest: readonly Affine[], block: Block): Code {
    const texel = block.let('float', code`floor(${position} * ${literal(0.25)})`)
    const lead = freshVar(Math.ceil(first! / 4))
    this.names.set(lead, texel)
    return this.#picked(slot, lead, block.let('float', code`${position} - ${literal(4)} * ${texel}`), rest, block)
  }

  #picked(slot: number, lead: Var, picked: Code, rest: readonly Affine[], block: Block): Code {
    return block.let('float', code`${call('pick')}(${this.texel(slot, [variable(lead), ...rest], block)}, ${picked})`)
  }

  /** Fetches the texel at an index whose leading part counts in texels. */
  texel(slot: number, index: readonly Affine[], block: Block): Code {
    const here = this.isHere(slot, index)
    const address = here ? this.#here(this.#layouts[slot]!, block) : this.#address(slot, index, block)
    return block.let('vec4', code`${this.dialect.fetch}(user_a${String(slot)}, ${address})`)
  }

  /** The fragment's own position, in a texture of the same size. */
  #here({ width, height }: Layout, block: Block): Code {
    return block.let('vec2', code`gl_FragCoord.xy * vec2(${size(1 / sideOf(width))}, ${size(1 / sideOf(height))})`)
  }

  /** The position of a texel in its texture, between 0 and 1. */
  #address(slot: number, index: readonly Affine[], block: Block): Code {
    const layout = this.#layouts[slot]!
    const tile = this.#tile(slot)
    const parts = index.map((i, axis) => divMod(i, tile[axis] ?? 1))
    const inside = parts.map(([quotient]) => quotient)
    const slice = parts.reduce((sum, [, rest], axis) => addAffine(scale(sum, tile[axis] ?? 1), rest), constant(0))
    const above = scale(slice, layout.height)
    const [width, height] = [sideOf(layout.width), sideOf(layout.height * targetsOf(tile))]
    const [u, v] = acrossAndDown(layout, inside)
    const down = addAffine(v, above)
    if (this.sums && layout.split >= 0 && [u, down].every(fitsFloats))
      return this.#sum([u, down], [width, height], block)
    const [across, row] =
      layout.split < 0 ? this.#wrapped(u, above, layout.width, block) : [u, down].map((at) => this.#number(at, block))
    const x = block.let('float', code`(${across} + 0.5) * ${perSide(slot, 'x', width)}`)
    const y = block.let('float', code`(${row} + 0.5) * ${perSide(slot, 'y', height)}`)
    return code`vec2(${x}, ${y})`
  }

  #sum([u, v]: readonly [Affine, Affine], [width, height]: readonly [number, number], block: Block): Code {
    const start = code`vec2(${size((u.c + 0.5) / width)}, ${size((v.c + 0.5) / height)})`
    if (u.terms.length + v.terms.length === 0) return block.let('vec2', start)
    const step = (w: Var | undefined): Code =>
      code`vec2(${size(w ? coefficient(u, w) / width : 0)}, ${size(w ? coefficient(v, w) / height : 0)})`
    return this.#added('vec2', [u, v], step, start, block)
  }

  #number(at: Affine, block: Block): Code {
    return this.sums ? this.#position(at, block) : this.names.number(at, block)
  }

  /** An index as the sum of all coordinates. */
  #position(at: Affine, block: Block): Code {
    const step = (w: Var | undefined): Code => size(w ? coefficient(at, w) : 0)
    return this.#added('float', [at], step, size(at.c), block)
  }

  /** The sum of all coordinates (computed once, before all loops) and other variables, each times its step. */
  #added(
    type: 'float' | 'vec2',
    indices: readonly Affine[],
    step: (w: Var | undefined) => Code,
    start: Code,
    block: Block
  ): Code {
    const coordinates = this.place?.coordinates ?? []
    const terms = coordinates.map(({ axis, name }) => code`${name()} * ${step(axis)}`)
    const base = this.root.let(type, joined(terms, ' + '))
    const others = this.#others(indices, coordinates).map(
      (w) => code`${this.names.number(variable(w), block)} * ${step(w)}`
    )
    return block.let(type, joined([base, ...others, start], ' + '))
  }

  /** The variables of indices that are not coordinates: loop counters with their twins, quotients and remainders. */
  #others(indices: readonly Affine[], coordinates: readonly Coordinate[]): readonly Var[] {
    const own = new Set(coordinates.map(({ axis }) => axis))
    const vars = new Set(indices.flatMap(({ terms }) => terms.flatMap(([w]) => (own.has(w) ? [] : [w]))))
    const twins = [...vars].flatMap((w) => this.twins.get(w) ?? [])
    return [...vars, ...twins].sort((a, b) => a.id - b.id)
  }

  /** The column and row of a position in rows that break anywhere, `above` rows further down. */
  #wrapped(flat: Affine, above: Affine, width: number, block: Block): readonly [Code, Code] {
    if (!dividesInFloats(flat)) {
      const whole = this.names.integer(flat, block)
      const row = block.let('int', code`${whole} / ${String(width)}`)
      const down = block.let('int', code`${row} + ${this.names.integer(above, block)}`)
      return [code`float(${whole} - ${String(width)} * ${row})`, code`float(${down})`]
    }
    const position = this.#number(flat, block)
    const v = block.let('float', code`floor((${position} + 0.5) * ${size(1 / width)})`)
    const u = block.let('float', code`${position} - ${size(width)} * ${v}`)
    const first = above.terms.length === 0 && above.c === 0
    return [u, first ? v : block.let('float', code`${v} + ${this.#number(above, block)}`)]
  }
}

/** The column and the row of a texel; its position and 0 if rows break anywhere. */
const acrossAndDown = ({ texels, split }: Layout, index: readonly Affine[]): readonly [Affine, Affine] => {
  const at = Math.max(0, split)
  return [flatten(index.slice(at), texels.slice(at)), flatten(index.slice(0, at), texels.slice(0, at))]
}
