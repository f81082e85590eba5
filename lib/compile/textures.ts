import {
  addAffine,
  coefficient,
  constant,
  divMod,
  freshVar,
  keyOf,
  scale,
  shift,
  variable,
  type Affine,
  type Var
} from '../core/affine.ts'
import { stridesOf, type Shape } from '../core/shape.ts'
import type { Kernel } from './expr.ts'
import { given } from './numbers.ts'
import { layoutOf, type Layout } from './layout.ts'
import type { Names } from './names.ts'
import { planeShape, targetsOf } from './planes.ts'
import { literal, type Block } from './text.ts'

export const divisibleByFour = (a: Affine): boolean => a.c % 4 === 0 && a.terms.every(([, k]) => k % 4 === 0)
export const quarter = (a: Affine): Affine => ({ c: a.c / 4, terms: a.terms.map(([v, k]) => [v, k / 4] as const) })

/** A part of a fragment's place: its name, written down when it is needed, and the output's axis that it is. */
export interface Coordinate {
  readonly axis: Var | undefined
  readonly name: () => string
}

/** Reads of a kernel's buffers: from an index to the text of a texel or one of its channels. */
export class Textures {
  readonly #layouts: readonly Layout[]
  /** Where the fragment itself lies: a texture laid out alike needs no address there. */
  here: { readonly layout: Layout; readonly index: readonly Affine[] } | undefined
  /**
   * Where the fragment lies, coordinate by coordinate. Where they are told, an address is the sum of all of them, each
   * times a number: kernels whose buffers lie differently then differ in numbers alone.
   */
  coordinates: readonly Coordinate[] | undefined
  /** The first sampler of each slot: a buffer in several textures has several. */
  readonly #samplers: readonly number[]
  constructor(
    readonly kernel: Kernel,
    maxSize: number,
    readonly fetch: string,
    readonly names: Names,
    /** The block around all loops. */
    readonly root: Block
  ) {
    const tiles = kernel.inputs.map((_, slot) => kernel.tiles?.[slot] ?? [])
    this.#layouts = kernel.inputs.map((x, slot) => layoutOf(planeShape(x.shape, tiles[slot]!), maxSize))
    this.#samplers = tiles.map((_, slot) => tiles.slice(0, slot).reduce((sum, tile) => sum + targetsOf(tile), 0))
  }

  /** One number: a channel of a texel, known beforehand where the index tells. */
  element(slot: number, shape: Shape, index: readonly Affine[], block: Block): string {
    const [first = constant(0), ...rest] = index
    if (shape.length === 0) return `${this.texel(slot, [constant(0)], block)}.x`
    const channel = ((first.c % 4) + 4) % 4
    const block4 = shift(first, -channel)
    if (divisibleByFour(block4)) return `${this.texel(slot, [quarter(block4), ...rest], block)}.${'xyzw'[channel]}`
    const position = this.coordinates ? this.#position(first, this.coordinates, block) : this.names.number(first, block)
    const texel = block.let('float', `floor((${position} + 0.5) * 0.25)`)
    return this.dynamic(slot, texel, position, rest, block)
  }

  /** A channel that only the running kernel knows. */
  dynamic(slot: number, texel: string, position: string, rest: readonly Affine[], block: Block): string {
    const lead = freshVar(1 << 22)
    this.names.set(lead, texel)
    const found = this.texel(slot, [variable(lead), ...rest], block)
    return block.let('float', `pick(${found}, ${block.let('float', `${position} - 4.0 * ${texel}`)})`)
  }

  /** Fetches the texel at an index whose leading part counts in texels. */
  texel(slot: number, index: readonly Affine[], block: Block): string {
    const tile = this.kernel.tiles?.[slot]
    if (!tile) return this.#plane(slot, 0, index, block)
    const parts = index.map((i, axis) => divMod(i, tile[axis]!))
    const number = parts.reduce((sum, [, rest], axis) => addAffine(scale(sum, tile[axis]!), rest), constant(0))
    const inside = parts.map(([quotient]) => quotient)
    if (number.terms.length === 0) return this.#plane(slot, number.c, inside, block)
    const which = this.names.number(number, block)
    const texels = Array.from({ length: targetsOf(tile) }, (_, p) => this.#plane(slot, p, inside, block))
    const last = texels.length - 1
    const chosen = texels.map((text, p) => (p < last ? `${which} < ${literal(p + 0.5)} ? ${text} : ` : text)).join('')
    return block.let('vec4', chosen)
  }

  #plane(slot: number, plane: number, index: readonly Affine[], block: Block): string {
    const layout = this.#layouts[slot]!
    const { texels, split, width, height } = layout
    const sampler = `user_a${this.#samplers[slot]! + plane}`
    if (this.#isHere(layout, index)) {
      const at = block.let('vec2', `gl_FragCoord.xy * vec2(${given(1 / width)}, ${given(1 / height)})`)
      return block.let('vec4', `${this.fetch}(${sampler}, ${at})`)
    }
    if (this.coordinates && split >= 0) {
      const address = this.#sum(layout, index, this.coordinates, block)
      return block.let('vec4', `${this.fetch}(${sampler}, ${address})`)
    }
    const strides = stridesOf(texels)
    const along = (from: number, to: number, unit: number): Affine =>
      index.slice(from, to).reduce((sum, i, k) => addAffine(sum, scale(i, strides[from + k]! / unit)), constant(0))
    const above = split > 0 ? strides[split - 1]! : 1
    const [u, v] =
      split >= 0
        ? [this.names.number(along(split, index.length, 1), block), this.names.number(along(0, split, above), block)]
        : this.#wrapped(along(0, index.length, 1), width, block)
    const x = block.let('float', `(${u} + 0.5) * ${literal(1 / width)}`)
    const y = block.let('float', `(${v} + 0.5) * ${literal(1 / height)}`)
    return block.let('vec4', `${this.fetch}(${sampler}, vec2(${x}, ${y}))`)
  }

  #sum(
    { texels, split, width, height }: Layout,
    index: readonly Affine[],
    coordinates: readonly Coordinate[],
    block: Block
  ): string {
    const strides = stridesOf(texels)
    const along = (from: number, to: number, unit: number): Affine =>
      index.slice(from, to).reduce((sum, i, k) => addAffine(sum, scale(i, strides[from + k]! / unit)), constant(0))
    const u = along(split, index.length, 1)
    const v = along(0, split, split > 0 ? strides[split - 1]! : 1)
    const start = `vec2(${given((u.c + 0.5) / width)}, ${given((v.c + 0.5) / height)})`
    if (u.terms.length + v.terms.length === 0) return block.let('vec2', start)
    const step = (w: Var | undefined): string =>
      `vec2(${given(w ? coefficient(u, w) / width : 0)}, ${given(w ? coefficient(v, w) / height : 0)})`
    const base = this.root.let('vec2', coordinates.map(({ axis, name }) => `${name()} * ${step(axis)}`).join(' + '))
    const others = this.#others([u, v], coordinates).map((w) => `${this.names.number(variable(w), block)} * ${step(w)}`)
    return block.let('vec2', [base, ...others, start].join(' + '))
  }

  /** An index as the sum of all coordinates. */
  #position(at: Affine, coordinates: readonly Coordinate[], block: Block): string {
    const step = (w: Var | undefined): string => given(w ? coefficient(at, w) : 0)
    const base = this.root.let('float', coordinates.map(({ axis, name }) => `${name()} * ${step(axis)}`).join(' + '))
    const others = this.#others([at], coordinates).map((w) => `${this.names.number(variable(w), block)} * ${step(w)}`)
    return block.let('float', [base, ...others, given(at.c)].join(' + '))
  }

  /** The variables of some indices that are no coordinates: loop counters, quotients and remainders. */
  #others(indices: readonly Affine[], coordinates: readonly Coordinate[]): readonly Var[] {
    const own = new Set(coordinates.map(({ axis }) => axis))
    const vars = new Set(indices.flatMap(({ terms }) => terms.flatMap(([w]) => (own.has(w) ? [] : [w]))))
    return [...vars].sort((a, b) => a.id - b.id)
  }

  #isHere({ texels, width, height }: Layout, index: readonly Affine[]): boolean {
    if (!this.here || width !== this.here.layout.width || height !== this.here.layout.height) return false
    const long = (sizes: Shape, at: readonly Affine[]): string =>
      sizes.flatMap((d, axis) => (d > 1 ? [`${d} ${keyOf(at[axis]!)}`] : [])).join()
    return long(texels, index) === long(this.here.layout.texels, this.here.index)
  }

  /** A position in rows that break anywhere. */
  #wrapped(flat: Affine, width: number, block: Block): readonly [string, string] {
    const position = this.names.number(flat, block)
    const v = block.let('float', `floor((${position} + 0.5) * ${literal(1 / width)})`)
    return [block.let('float', `${position} - ${literal(width)} * ${v}`), v]
  }
}
