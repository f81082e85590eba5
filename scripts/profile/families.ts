import type { Timing } from 'tessera'

/** What kernels are for, in the order of the legend. */
export const families = [
  'convolutions',
  'weight gradients',
  'merges, pointwise',
  'statistics, sums',
  'Adam',
  'layout changes',
  'other'
] as const
export type Family = (typeof families)[number]

/** What the rules look at: the kernel's name (the rows that it was made for), its results, the images of a batch. */
interface Seen {
  readonly name: string
  readonly shape: Timing['shape']
  readonly flopsEach: number
  readonly batch: number
}

/** Channels by channels by a window, or a part of that in a tile. Feature maps begin with the pictures. */
const isWeight = ({ shape: [first = 1, ...rest], batch }: Seen): boolean => rest.length === 3 && batch % first !== 0

/** A number for each picture or channel. */
const isList = ({ shape: [, ...rest] }: Seen): boolean => rest.length === 3 && rest.every((d) => d === 1)

/** More operations than a function of a few arguments has: the kernel holds a sum, whatever its last row is. */
const isFold = ({ shape, flopsEach }: Seen): boolean => shape.length === 4 && flopsEach > 60

interface Rule {
  readonly family: Family
  readonly name: RegExp
  readonly where?: (seen: Seen) => boolean
}

/** The first rule that fits decides the family. */
const rules: readonly Rule[] = [
  // both moments and the new parameter
  { family: 'Adam', name: /^add \+ add \+ sub\b/ },
  { family: 'statistics, sums', name: /^/, where: isList },
  // sums over the pictures, with axes for both sides of the window; their last stage reads slices
  { family: 'weight gradients', name: /\bsum\b/, where: ({ shape }) => shape.length > 4 },
  { family: 'weight gradients', name: /\bsum of slices$/ },
  { family: 'weight gradients', name: /^permute sum tiled$/ },
  { family: 'weight gradients', name: /\bsum( tiled)?$/, where: (seen) => isWeight(seen) && isFold(seen) },
  { family: 'convolutions', name: / tiled$/ },
  { family: 'merges, pointwise', name: / of slices$/ },
  { family: 'statistics, sums', name: /\b(sum|max)$/ },
  // with the bias and what follows
  { family: 'convolutions', name: /^/, where: isFold },
  { family: 'layout changes', name: /^((barrier|permute|reshape|slice|pad|expand) ?)+$/ },
  { family: 'other', name: /^/, where: ({ shape }) => shape.length <= 2 },
  { family: 'merges, pointwise', name: /^/ }
]

/** The family of a kernel. */
export const familyOf = ({ name, shape, flops }: Pick<Timing, 'name' | 'shape' | 'flops'>, batch: number): Family => {
  const seen = { name, shape, batch, flopsEach: flops / shape.reduce((a, b) => a * b, 1) }
  return rules.find((rule) => rule.name.test(name) && (rule.where?.(seen) ?? true))?.family ?? 'other'
}
