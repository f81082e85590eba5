/**
 * The one policy of tolerance. A float32 computation may lie from the float64 reference by
 *
 *     k · 2⁻²³ · (magnitude of the terms) · log2(terms)
 *
 * 2⁻²³ is the distance of neighbouring float32 numbers at 1, twice the error of one correctly rounded operation. For a
 * fold of n terms the magnitude is Σ|x| and the factor log2(n), what adding up by pairs does at worst: running sums are
 * kept so short that they do no worse. k is 1 but for the functions below, which GL computes less exactly than it adds.
 */
export const unit = 2 ** -23

/** What float64 rounds: the reference against straightforward loops. */
export const unit64 = 2 ** -52

/** Numbers smaller than this may become 0 on a device. */
export const smallest = 2 ** -126

/** Numbers larger than this may become infinite on a device on the way to a finite result. */
export const largest = 2 ** 120

/** The error of a row's own operation, in units of 2⁻²³, where its result is y and its operands are xs. */
type Rounding = (y: number, ...xs: readonly number[]) => number

const exact: Rounding = () => 0
const rounded: Rounding = (y) => Math.abs(y)

export const roundings: Readonly<Record<string, Rounding>> = {
  identity: exact,
  stopGradient: exact,
  differentiatedAs: exact,
  barrier: exact,
  neg: exact,
  floor: exact,
  maximum: exact,
  less: exact,
  lessEqual: exact,
  equal: exact,
  select: exact,
  add: rounded,
  sub: rounded,
  mul: rounded,
  // as a times a reciprocal, itself rounded twice
  div: (y) => 4 * Math.abs(y),
  // as a reciprocal square root times x
  sqrt: (y) => 4 * Math.abs(y),
  // e^x = 2^(x / ln 2): the rounding of the exponent grows with x; the polynomial for 2^fraction is good to 4
  exp: (y, x) => (4 + 2 * Math.abs(x)) * Math.abs(y),
  // ln x = log2(x) · ln 2, where log2 = exponent + polynomial, good to 4 of the larger part
  log: (y) => 4 * (Math.abs(y) + 1),
  // a series of what is left of x after whole multiples of π
  sin: () => 4,
  cos: () => 4,
  // a polynomial up to 1, then 1 - erfc, which is good to 2 and never large
  erf: (y) => 4 * Math.abs(y),
  // a series of at most tan(π/8), whose argument took a division, and the angle that it is added to
  atan: (y) => 4 * Math.abs(y),
  // a^b = e^(b ln a)
  power: (y, a, b) => (8 + 2 * Math.abs(b) * (4 + Math.abs(Math.log(Math.abs(a))))) * Math.abs(y),
  // 1 / (1 + e^-x): exp's error times y (1 - y), and a division
  sigmoid: (y, x) => (8 + 2 * Math.abs(x) * (1 - y)) * y,
  // 1 - 2 / (e^2x + 1) cancels down to |x| = 0.1, where the series takes over
  tanh: (y) => 8 * (Math.abs(y) < 0.09 ? Math.abs(y) : 1)
}

export interface Arithmetic {
  /** How many terms were added up. */
  readonly terms?: number
  /** Magnitude of the terms, all together; the largest of the expected numbers by default. */
  readonly scale?: number
  /** 2⁻²³, or 2⁻⁵² where both sides are computed in float64. */
  readonly unit?: number
}

/** How far each element may be off: the same for all, or one number each. */
export type Allowed = Arithmetic | ArrayLike<number>

const isList = (x: Allowed): x is ArrayLike<number> => 'length' in x

const magnitude = (xs: ArrayLike<number>): number =>
  Array.from(xs).reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 0)

/** The error that rounding may leave. */
export const allowance = ({ terms = 1, scale = 1, unit: u = unit }: Arithmetic): number =>
  u * scale * Math.max(1, Math.log2(terms)) + smallest

const allowedAt = (allowed: Allowed, expected: ArrayLike<number>): ((i: number) => number) => {
  if (isList(allowed)) return (i) => allowed[i]!
  const same = allowance({ scale: magnitude(expected), ...allowed })
  return () => same
}

const same = (a: number, b: number): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b))

/** What is wrong at the worst element; nothing where all are close enough. */
export const mismatch = (
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  allowed: Allowed = {}
): string | undefined => {
  if (actual.length !== expected.length) return `${actual.length} numbers instead of ${expected.length}`
  const allow = allowedAt(allowed, expected)
  const excess = (i: number): number => {
    if (same(actual[i]!, expected[i]!)) return 0
    const off = Math.abs(actual[i]! - expected[i]!) / allow(i)
    return Number.isNaN(off) && allow(i) !== Infinity ? Infinity : off
  }
  const wrong = Array.from({ length: actual.length }, (_, i) => i).filter((i) => excess(i) > 1)
  if (wrong.length === 0) return undefined
  const worst = wrong.reduce((a, b) => (excess(b) > excess(a) ? b : a))
  return `element ${worst} of ${actual.length} is ${actual[worst]}, not ${expected[worst]}: ${allow(worst)} may differ (${wrong.length} are wrong)`
}

/** Throws unless every element is as close as the arithmetic promises. */
export const expectClose = (
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  allowed: Allowed = {},
  what = ''
): void => {
  const wrong = mismatch(actual, expected, allowed)
  if (wrong !== undefined) throw new Error(what === '' ? wrong : `${wrong}\n${what}`)
}

/**
 * Central differences D(h) = (f(x + h) - f(x - h)) / 2h in float64: cutting the series off leaves h² f‴ / 6, rounding
 * 2⁻⁵² f / h; for f‴ about as large as f they balance at h = 2⁻¹⁷. What is cut off shows when the step is doubled.
 */
export const step = 2 ** -17

/** How far D(h) may lie from the derivative, where f adds up terms of magnitude `scale`, all together. */
export const differenceAllowance = (
  { narrow, wide }: { readonly narrow: number; readonly wide: number },
  scale: number,
  terms: number
): number => Math.abs(wide - narrow) + allowance({ unit: (8 * unit64) / step, scale, terms })
