type Cost = (self: never, result: unknown) => number
type Methods = Record<string | symbol, (this: unknown, ...args: unknown[]) => unknown>

const counters: readonly (readonly [prototype: object, names: readonly (string | symbol)[], cost: Cost])[] = [
  [Map.prototype, ['get', 'set', 'has', 'delete'], () => 1],
  [Set.prototype, ['has', 'add', 'delete'], () => 1],
  [Map.prototype, [Symbol.iterator, 'keys', 'values', 'entries', 'forEach'], (map: Map<unknown, unknown>) => map.size],
  [Set.prototype, [Symbol.iterator, 'values', 'forEach'], (set: Set<unknown>) => set.size],
  [
    Array.prototype,
    [Symbol.iterator, 'map', 'filter', 'flatMap', 'forEach', 'reduce', 'reduceRight', 'some', 'every', 'indexOf', 'includes', 'find', 'findIndex', 'sort', 'join', 'reverse', 'toReversed', 'unshift', 'splice'], // prettier-ignore
    (list: readonly unknown[]) => list.length
  ],
  [Array.prototype, ['slice', 'concat'], (_, result) => (result as readonly unknown[]).length]
]

/**
 * How much a piece of code does, as a number that no machine's speed changes: look-ups in maps and sets, and the
 * elements that methods of arrays, maps and sets go through.
 */
export const workOf = (code: () => unknown): number => {
  let work = 0
  const undo = counters.flatMap(([prototype, names, cost]) =>
    names.map((name) => {
      const methods = prototype as Methods
      const original = methods[name]!
      methods[name] = function (...args) {
        const result = original.apply(this, args)
        work += cost(this as never, result)
        return result
      }
      return () => (methods[name] = original)
    })
  )
  try {
    code()
  } finally {
    undo.forEach((restore) => restore())
  }
  return work
}
