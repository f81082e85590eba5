interface Definition {
  readonly name: string
  readonly from: number
  readonly to: number
}

const head = /^(?:highp )?(?:void|bool|float|int|[bi]?vec[234]|mat[234]) (\w+)\([^)]*\)\s*\{/gm

/** The position after the bracket that matches the one at `open`. */
const closed = (text: string, open: number): number => {
  let depth = 0
  for (let at = open; at < text.length; at++) {
    if (text[at] === '{') depth++
    if (text[at] === '}' && --depth === 0) return at + 1
  }
  return text.length
}

const definitionsIn = (text: string): readonly Definition[] =>
  [...text.matchAll(head)].map(({ 0: found, 1: name = '', index }) => ({
    name,
    from: index,
    to: closed(text, index + found.length - 1)
  }))

/**
 * Removes the functions of a GLSL program that `main` does not reach. gpu.js writes some sixty helpers into each program,
 * and a driver parses all of them before it drops them.
 */
export const reachedOf = (text: string): string => {
  const definitions = definitionsIn(text)
  const reached = new Set<string>()
  const reach = (name: string): void => {
    const own = definitions.filter((definition) => definition.name === name)
    if (reached.has(name) || own.length === 0) return
    reached.add(name)
    for (const { from, to } of own)
      for (const [, called = ''] of text.slice(from, to).matchAll(/(\w+)\(/g)) reach(called)
  }
  reach('main')
  const dropped = definitions.filter(({ name }) => !reached.has(name))
  const ends = [0, ...dropped.map(({ to }) => to)]
  return ends.map((end, i) => text.slice(end, dropped[i]?.from)).join('')
}
