import { freshVar, variable, type Affine, type Var } from '../../../core/affine.ts'
import { dividesInFloats } from '../../kernel/exact.ts'
import type { Layout } from '../../kernel/layout.ts'
import type { Names } from '../names.ts'
import { code, size, type Code } from '../code.ts'
import type { Block } from '../block.ts'

/** A coordinate of a fragment: its lazily written name, and the axis of the output that it stands for, if any. */
export interface Coordinate {
  readonly axis: Var | undefined
  readonly name: () => Code
}

/** The position of a fragment in the texture that it writes. */
export interface Place {
  readonly layout: Layout
  /** Its index, counted in texels. */
  readonly index: readonly Affine[]
  /** The same as numbers: along the row from the inside out, then down the rows. */
  readonly coordinates: readonly Coordinate[]
}

/**
 * Computes the axes of a texture from the fragment's position. With `padded`, there are at least three coordinates along a
 * row and two down the rows, so that outputs of any rank are decoded alike; those without an axis are 0.
 */
export const placeOf = (layout: Layout, padded: boolean, names: Names, block: Block): Place => {
  const { texels, split, width } = layout
  const axes = texels.map((d) => freshVar(d))
  if (split < 0 && !dividesInFloats({ c: width * layout.height, terms: [] })) {
    nameIntegers(width, axes, names, block)
    return { layout, index: axes.map(variable), coordinates: [] }
  }
  const u = (): Code => block.let('float', code`floor(gl_FragCoord.x)`)
  const v = (): Code => block.let('float', code`floor(gl_FragCoord.y)`)
  const all =
    split < 0
      ? peeled(() => code`(${u()} + ${size(width)} * ${v()})`, axes, 0, block)
      : [
          ...peeled(u, axes.slice(split), padded ? 3 : 0, block),
          ...peeled(v, axes.slice(0, split), padded ? 2 : 0, block)
        ]
  // the first use writes all of them, so that names do not depend on which is used first
  const coordinates = all.map(({ axis }, i): Coordinate => ({ axis, name: () => all.map(({ name }) => name())[i]! }))
  for (const { axis, name } of coordinates) if (axis) names.set(axis, name)
  return { layout, index: axes.map(variable), coordinates }
}

/** Names the axes of a texture with too many texels for floats to tell them apart. */
const nameIntegers = (width: number, axes: readonly Var[], names: Names, block: Block): void => {
  let rest = block.let('int', code`int(gl_FragCoord.x) + ${String(width)} * int(gl_FragCoord.y)`)
  const long = axes.filter(({ extent }) => extent > 1).reverse()
  long.forEach((axis, i) => {
    const whole = rest
    if (i < long.length - 1) rest = block.let('int', code`${whole} / ${String(axis.extent)}`)
    names.setInteger(
      axis,
      i < long.length - 1 ? block.let('int', code`${whole} - ${String(axis.extent)} * ${rest}`) : whole
    )
  })
}

/**
 * Splits a row-major position into one number per axis longer than 1, the last axis first; at least `least` numbers.
 */
const peeled = (position: () => Code, axes: readonly Var[], least: number, block: Block): readonly Coordinate[] => {
  const long = axes.filter(({ extent }) => extent > 1).reverse()
  const slots = Array.from({ length: Math.max(least, long.length) }, (_, i) => long[i])
  let rest = position
  return slots.map((axis, i): Coordinate => {
    const whole = rest
    const extent = axis?.extent ?? 1
    const quotient = (): Code => block.let('float', code`floor((${whole()} + 0.5) * ${size(1 / extent)})`)
    rest = quotient
    const remainder = (): Code => code`${whole()} - ${size(extent)} * ${quotient()}`
    return { axis, name: () => block.let('float', i === slots.length - 1 ? whole() : remainder()) }
  })
}
