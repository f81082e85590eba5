import { posix } from 'node:path'
import type { MeasuredFile } from './measure.ts'

type Graph = ReadonlyMap<string, readonly string[]>

/** Which file imports which, by path; packages aside. */
export const importGraph = (files: readonly MeasuredFile[]): Graph =>
  new Map(
    files.map(({ path, imports }) => [
      path,
      imports.filter((name) => name.startsWith('.')).map((name) => posix.join(posix.dirname(path), name))
    ])
  )

/**
 * The import cycles that a depth-first walk meets, each as the files along it. There is none if and only if the
 * imports are acyclic.
 */
export const findCycles = (graph: Graph): readonly (readonly string[])[] => {
  const done = new Set<string>()
  const visit = (file: string, trail: readonly string[]): readonly (readonly string[])[] => {
    const before = trail.indexOf(file)
    if (before >= 0) return [[...trail.slice(before), file]]
    if (done.has(file)) return []
    const cycles = (graph.get(file) ?? []).flatMap((next) => visit(next, [...trail, file]))
    done.add(file)
    return cycles
  }
  return [...graph.keys()].flatMap((file) => visit(file, []))
}
