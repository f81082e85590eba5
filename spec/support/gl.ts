import * as t from '../../lib/index.ts'
import type { Device } from '../../lib/index.ts'

let opened: Promise<Device> | undefined

/** The GL device of this process: headless-gl allows one context. Where there is none, the specs fail. */
export const gl = (): Promise<Device> => (opened ??= t.device({ name: 'headlessgl' }))

/** For specs that hold on the reference and on GL alike. */
export const devices: readonly (readonly [mark: string, open: () => Promise<Device>])[] = [
  ['on the reference', () => Promise.resolve(t.reference)],
  ['[gl]', gl]
]
