import * as t from 'tessera'
import { losing } from './snapshots.ts'
import type { Opened } from './snapshots.ts'

// What runs in a page of Chromium.

export { dropping } from './dropped.ts'

type Context = WebGLRenderingContext | WebGL2RenderingContext

const prototype = OffscreenCanvas.prototype as { getContext: (...given: unknown[]) => unknown }

/** A device and the context that it asked its canvas for. */
const open = async (name: t.DeviceName): Promise<Opened> => {
  const { getContext } = prototype
  let gl: Context | undefined
  prototype.getContext = function (...given) {
    const context = getContext.apply(this, given)
    gl = context as Context
    return context
  }
  try {
    const device = await t.device({ name })
    return { device, lose: () => gl?.getExtension('WEBGL_lose_context')?.loseContext() }
  } finally {
    prototype.getContext = getContext
  }
}

export const losingIn = (name: t.DeviceName, losses: readonly number[]): Promise<readonly (string | undefined)[]> =>
  losing(() => open(name), losses)
