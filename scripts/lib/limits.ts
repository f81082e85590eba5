import { existsSync, readdirSync } from 'node:fs'
import * as E from 'fp-ts/Either'
import { platform } from '../../lib/platform/node/platform.ts'

/** What a GL driver allows. */
export interface GLLimits {
  readonly version: string
  readonly textureSize: number
  readonly textureUnits: number
  readonly renderTargets: number
  /** Bits of a float's mantissa in a fragment shader, as the driver promises. */
  readonly mantissa: number
}

type GL = WebGLRenderingContext | WebGL2RenderingContext

const renderTargets = (gl: GL): number => {
  const several = gl.getExtension('WEBGL_draw_buffers')
  return several === null ? 1 : (gl.getParameter(several.MAX_DRAW_BUFFERS_WEBGL) as number)
}

const limitsOf = (gl: GL): GLLimits => ({
  version: String(gl.getParameter(gl.VERSION)),
  textureSize: gl.getParameter(gl.MAX_TEXTURE_SIZE) as number,
  textureUnits: gl.getParameter(gl.MAX_TEXTURE_IMAGE_UNITS) as number,
  renderTargets: renderTargets(gl),
  mantissa: gl.getShaderPrecisionFormat(gl.FRAGMENT_SHADER, gl.HIGH_FLOAT)?.precision ?? 0
})

/** The limits of a GL device of this platform; undefined for other devices. */
export const glLimits = async (name: string): Promise<GLLimits | undefined> => {
  const context = platform.contexts.find(([known]) => known === name)
  const opened = context === undefined ? undefined : await context[1]()
  return opened === undefined || E.isLeft(opened) ? undefined : limitsOf(opened.right.gl)
}

/** Whether programs can see a GPU on this machine. */
export const hasGpu = (): boolean =>
  process.platform !== 'linux' ||
  (existsSync('/dev/dri') && readdirSync('/dev/dri').some((name) => name.startsWith('renderD')))
