import type { Page } from 'playwright-core'
import { afterAll, describe, expect, it } from 'vitest'
import type * as Entry from './entry.ts'
import type { Fault } from './life.ts'
import { bundle, openPage } from './page.ts'

/** The page's global: what entry.ts exports. */
declare const specs: typeof Entry

const MB = 2 ** 20

let opened: Promise<Page> | undefined
const page = (): Promise<Page> => (opened ??= bundle().then(openPage))

afterAll(async () => {
  await (await opened?.catch(() => undefined))?.context().browser()?.close()
})

const kinds = ['webgl2', 'webgl'] as const

describe.each(kinds)('[browser] %s: results of 4 MB that a loop drops', (name) => {
  it.each(['never', 'promises', 'turns'] as const)('come back where it waits for: %s', async (wait) => {
    const ran = await (
      await page()
    ).evaluate(([which, how]) => specs.life.dropping(which, 400, how), [name, wait] as const)
    expect(ran.last).toBe(1023 + 400)
    expect(ran.peakBytes).toBeLessThan(128 * MB)
  })

  it.each(['never', 'turns'] as const)('keep within limits.bytes where it waits for: %s', async (wait) => {
    const ran = await (await page()).evaluate(([which, how]) => specs.life.dropping(which, 40, how, 24 * 2 ** 20), [name, wait] as const) // prettier-ignore
    expect(ran.last).toBe(1023 + 40)
    expect(ran.peakBytes).toBeLessThanOrEqual(24 * MB)
  })
})

describe.each(kinds)('[browser] %s: a context that is lost', (name) => {
  const gone = `TesseraError: device: ${name} is gone (its GL context was lost), and with it`

  it('makes everything raise, takes nothing from the host, and is told once', async () => {
    const { said, heard, same } = await (await page()).evaluate((which) => specs.life.lost(which), name)
    expect(Object.keys(said).length).toBe(7)
    for (const text of Object.values(said))
      expect(text).toContain(`DeviceLostError ${gone} 1 result (0.3 MB) that lay there`)
    expect(heard).toEqual([expect.stringContaining(`option: ${gone}`), `method: 1 of ${name}`])
    expect(same).toBe(true)
  })

  it('says so by itself', async () => {
    expect(await (await page()).evaluate((which) => specs.life.told(which), name)).toContain(gone)
  })

  it('is lost for good, though it comes back', async () => {
    expect(await (await page()).evaluate((which) => specs.life.restored(which), name)).toContain(`false ${gone}`)
  })

  it('leaves a trainer with snapshots on the host to go on to the same bits', async () => {
    const became = await (await page()).evaluate((which) => specs.life.trainingOn(which), name)
    expect(became).toEqual(['the same bits', 'the same bits', 'the same bits'])
  })
})

const missing = (where: Fault['where'], of: string): Fault => ({ where, method: 'getExtension', of, how: 'null' })
const noWebGL2 = missing('webgl2', 'EXT_color_buffer_float')

const choices: readonly (readonly [what: string, faults: readonly Fault[], name: string, why: RegExp])[] = [
  ['webgl2 has no floats to draw to', [noWebGL2], 'webgl', /^webgl2: .*no EXT_color_buffer_float/],
  ['neither has textures of floats', [noWebGL2, missing('webgl', 'OES_texture_float')], 'webasm', /^webgl2: .*; webgl: .*no OES_texture_float/], // prettier-ignore
  ['webgl draws one texture at a time', [noWebGL2, missing('webgl', 'WEBGL_draw_buffers')], 'webgl', /^webgl2: /],
  ['there is no webgl2', [{ where: 'canvas', method: 'getContext', of: 'webgl2', how: 'null' }], 'webgl', /^webgl2: the browser gives no context$/], // prettier-ignore
  ['there is no GL', [{ where: 'canvas', method: 'getContext', how: 'null' }], 'webasm', /^webgl2: the browser gives no context; webgl: the browser gives no context$/], // prettier-ignore
  ['a canvas throws', [{ where: 'canvas', method: 'getContext', how: 'throws' }], 'webasm', /^webgl2: the browser gives no context: made to fail; webgl: /], // prettier-ignore
  ['webgl2 has half the precision', [{ where: 'webgl2', method: 'texImage2D', how: 'half' }], 'webgl', /^webgl2: does not compute in float32: a test gave 0\.66/], // prettier-ignore
  ['webgl2 reads zeros', [{ where: 'webgl2', method: 'readPixels', how: 'zeros' }], 'webgl', /^webgl2: does not compute in float32: a test gave 0, 0, 0, 0/], // prettier-ignore
  [
    'webgl2 draws nothing',
    [{ where: 'webgl2', method: 'drawArrays', how: 'nothing' }],
    'webgl',
    /^webgl2: does not compute/
  ],
  ['webgl2 builds no programs', [{ where: 'webgl2', method: 'compileShader', how: 'throws' }], 'webgl', /^webgl2: made to fail/] // prettier-ignore
]

describe('[browser] a device is tried before it is chosen', () => {
  it.each(choices)('%s', async (_what, faults, name, why) => {
    const [found, reason, last] = await (await page()).evaluate((list) => specs.life.chosen(list), faults)
    expect(reason).toMatch(why)
    expect([found, last]).toEqual([name, 25.5])
  })

  it('and refused in words where it is asked for', async () => {
    const [found, why] = await (await page()).evaluate((list) => specs.life.chosen(list, 'webgl2'), [noWebGL2])
    expect([found, why]).toEqual(['none', 'TesseraError: device: webgl2: the driver has no textures of floats (no EXT_color_buffer_float)']) // prettier-ignore
  })
})
