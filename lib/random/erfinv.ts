/*
 * The inverse error function in float32 arithmetic. `Math.log` may differ in its last bits between JavaScript engines.
 * So only +, -, *, / and sqrt occur here: IEEE 754 defines them, and every engine gives the same bits.
 */

const round = Math.fround

// Giles, "Approximating the erfinv function" (2011), table 5: polynomials in w, highest power first
const CENTRE = Float32Array.of(
  2.81022636e-8,
  3.43273939e-7,
  -3.5233877e-6,
  -4.39150654e-6,
  0.00021858087,
  -0.00125372503,
  -0.00417768164,
  0.246640727,
  1.50140941
)
const TAIL = Float32Array.of(
  -0.000200214257,
  0.000100950558,
  0.00134934322,
  -0.00367342844,
  0.00573950773,
  -0.0076224613,
  0.00943887047,
  1.00167406,
  2.83297682
)

/**
 * Minus the natural logarithm of a float64 `v` in [2^-31, 1], to about 1e-12.
 * v = m / 2^e with m in [√½, √2], and log m = 2 artanh s for s = (m - 1) / (m + 1).
 */
export const negativeLog = (v: number): number => {
  const shift = Math.clz32(v * 2 ** 31)
  const scaled = v * 2 ** shift
  const above = scaled > Math.SQRT2 ? 1 : 0
  const m = above ? scaled / 2 : scaled
  const s = (m - 1) / (m + 1)
  const q = s * s
  const series = 1 + q * (1 / 3 + q * (1 / 5 + q * (1 / 7 + q * (1 / 9 + q * (1 / 11 + q * (1 / 13 + q / 15))))))
  return (shift - above) * Math.LN2 - 2 * s * series
}

/** Horner's rule in float32, each step rounded once, as a fused multiply-add does. */
const polynomial = (coefficients: Float32Array, w: number): number => {
  let p = coefficients[0]!
  for (let i = 1; i < 9; i++) p = round(p * w + coefficients[i]!)
  return p
}

/** erf⁻¹(x) for a float32 x in (-1, 1), within 3e-6 of the exact value, relatively 6e-6. */
export const erfinv = (x: number): number => {
  const w = round(negativeLog(1 - round(x * x)))
  const p = w < 5 ? polynomial(CENTRE, round(w - 2.5)) : polynomial(TAIL, round(round(Math.sqrt(w)) - 3))
  return round(p * x)
}
