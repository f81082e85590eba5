import type { MeasuredFile } from './measure.ts'
import { importGraph } from './cycles.ts'

/** The folders of the library, in order: each may import from itself and from those before it. */
export const layers: readonly string[] = [
  'lib/base',
  'lib/random',
  'lib/core',
  'lib/ops',
  'lib/grad',
  'lib/optim',
  'lib/compile/kernel',
  'lib/compile/codegen',
  'lib/compile/graph',
  'lib/compile/schedule',
  'lib/compile',
  'lib/device/api',
  'lib/reference',
  'lib/io',
  'lib/device',
  'lib/diffusion',
  'lib/data',
  'lib/render',
  'lib/train',
  'lib/platform',
  'lib',
  'lib/metrics',
  'lib/laws',
  'models',
  'scripts',
  'spec'
]

/** The position of the layer that a file is in: the one with the longest path. */
const layerOf = (path: string): number =>
  layers.reduce(
    (best, layer, i) => (path.startsWith(`${layer}/`) && layer.length > (layers[best]?.length ?? 0) ? i : best),
    -1
  )

/** The imports from a later layer, and the files that are in no layer. */
export const arrowsUpwards = (files: readonly MeasuredFile[]): readonly string[] =>
  [...importGraph(files)].flatMap(([from, imports]) => {
    if (layerOf(from) < 0) return [`${from}: in no layer; name its folder in scripts/sizes/layers.ts`]
    return imports
      .filter((to) => layerOf(to) > layerOf(from))
      .map((to) => `${from} imports ${to}: ${layers[layerOf(from)]} comes before ${layers[layerOf(to)]}`)
  })

/** Names of types that more than one file of the library exports. */
export const doubleNames = (files: readonly MeasuredFile[]): readonly string[] => {
  const places = new Map<string, string[]>()
  for (const { path, types } of files) for (const name of types) places.set(name, [...(places.get(name) ?? []), path])
  return [...places].flatMap(([name, paths]) =>
    paths.length > 1 ? [`the type ${name} stands in ${paths.join(' and ')}`] : []
  )
}
