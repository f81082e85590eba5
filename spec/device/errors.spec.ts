import * as E from 'fp-ts/Either'
import { describe, expect, it } from 'vitest'
import { glEngine } from '../../lib/device/gl.ts'
import { deviceOf } from '../../lib/device/gpu.ts'
import { platform } from '../../lib/platform/node/platform.ts'
import * as t from '../../lib/index.ts'
import { filled } from '../support/arbitrary.ts'

// A process has one GL context, and here it tells lies.
const [[, open]] = platform.contexts as readonly [(typeof platform.contexts)[number]]
const opened = await open()
if (E.isLeft(opened)) throw new Error(opened.left.message)
const { gl } = opened.right
const device = deviceOf(glEngine(opened.right), '')
const [drawArrays, getError] = [gl.drawArrays.bind(gl), gl.getError.bind(gl)]

/** The next kernel's drawing meets an error. */
const fail = (error: number): void => {
  gl.drawArrays = (...how) => {
    drawArrays(...how)
    gl.drawArrays = drawArrays
    gl.getError = () => {
      gl.getError = getError
      return error
    }
  }
}

describe('[gl] an error of the driver', () => {
  it.each([
    ['has no memory left', gl.OUT_OF_MEMORY, t.sin],
    ['reports error 1282', gl.INVALID_OPERATION, t.cos]
  ])('is ours: the driver %s', async (what, error, f) => {
    const x = filled([5, 3], 'any', error)
    const kernel = t.mul(x, f(x))
    fail(error)
    expect(() => device.compute(kernel)).toThrow(
      `device: the driver ${what} at a kernel's first run: try smaller tensors or another device`
    )
    expect(Array.from(await device.read(kernel)).every(Number.isFinite)).toBe(true)
  })

  it('of somebody else before is none of ours', async () => {
    gl.enable(0)
    expect(await device.read(t.exp(t.mul(t.tensor([0]), 2)))).toEqual(Float32Array.of(1))
  })
})
