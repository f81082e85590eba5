import * as t from 'tessera'

type Context = WebGLRenderingContext | WebGL2RenderingContext

/** A device in a page, and its context. */
export interface WithContext {
  readonly device: t.Device
  readonly gl: Context
}

const prototype = OffscreenCanvas.prototype as { getContext: (...given: unknown[]) => unknown }

/** A device of a page and the context that it asked its canvas for last. */
export const withContext = async (options: t.DeviceOptions): Promise<WithContext> => {
  const { getContext } = prototype
  const contexts: Context[] = []
  prototype.getContext = function (...given) {
    const context = getContext.apply(this, given)
    contexts.push(context as Context)
    return context
  }
  try {
    const device = await t.device(options)
    return { device, gl: contexts.at(-1)! }
  } finally {
    prototype.getContext = getContext
  }
}

export const lose = (gl: Context): void => gl.getExtension('WEBGL_lose_context')!.loseContext()

/** The end of a device: browsers give few contexts. */
export const end = ({ device, gl }: WithContext): void => {
  device.dispose()
  if (!gl.isContextLost()) lose(gl)
}

/** The same for a trainer whose context is to be lost. */
export const losable = async (
  name: t.DeviceName
): Promise<{ readonly device: t.Device; readonly lose: () => void }> => {
  const { device, gl } = await withContext({ name })
  return { device, lose: () => lose(gl) }
}
