export type Point = readonly [x: number, y: number]

/** The number of line segments from one given point to the next. */
const PIECES = 5

const same = (a: Point, b: Point): boolean => a[0] === b[0] && a[1] === b[1]

/** The runs of points between corners. A corner is a point that is listed twice. */
const runs = (points: readonly Point[]): readonly (readonly Point[])[] => {
  const corners = points.flatMap((p, i) => (i > 0 && same(p, points[i - 1]!) ? [i] : []))
  const starts = [0, ...corners]
  return starts.map((start, i) => points.slice(start, starts[i + 1]))
}

/** Catmull and Rom's cubic from b (at 0) to c (at 1), with the tangents (c - a) / 2 and (d - b) / 2 there. */
const cubic = (a: number, b: number, c: number, d: number, at: number): number =>
  b + 0.5 * at * (c - a + at * (2 * a - 5 * b + 4 * c - d + at * (3 * (b - c) + d - a)))

const curve = (run: readonly Point[]): readonly Point[] => {
  const around = [run[0]!, ...run, run.at(-1)!]
  return run.slice(1).flatMap((_, i) => {
    const [a, b, c, d] = [around[i]!, around[i + 1]!, around[i + 2]!, around[i + 3]!]
    return Array.from({ length: PIECES }, (_piece, k): Point => {
      const at = (k + 1) / PIECES
      return [cubic(a[0], b[0], c[0], d[0], at), cubic(a[1], b[1], c[1], d[1], at)]
    })
  })
}

/** A smooth line through points, as a polyline. A point that is listed twice is a corner. */
export const spline = (points: readonly Point[]): readonly Point[] => [points[0]!, ...runs(points).flatMap(curve)]
