import * as t from 'tessera'
import { describe, expect, it } from 'vitest'
import { checks, precisionBits, smallestPower, verify } from 'tessera/metrics'
import { gl } from '../support/gl.ts'

/** The reference with every number changed as told when it is read. */
const changed = (change: (x: number) => number): t.Device => ({
  ...t.reference,
  read: (async (x: t.Tensor) => Float64Array.from(await t.reference.read(x), change)) as t.Device['read']
})

describe('the self-test', () => {
  it('passes on the definition', async () => {
    for (const check of checks) expect(await verify(t.reference, check)).toMatchObject({ error: 0, passed: true })
  })

  it('passes where numbers are rounded to float32', async () => {
    for (const check of checks) expect(await verify(changed(Math.fround), check)).toMatchObject({ passed: true })
  })

  it.each(checks)('finds numbers that are a thousandth off: $name', async (check) => {
    expect(
      (
        await verify(
          changed((x) => x * 1.001),
          check
        )
      ).passed
    ).toBe(false)
  })

  it.each(checks)('finds numbers that are none: $name', async (check) => {
    expect(
      await verify(
        changed(() => NaN),
        check
      )
    ).toMatchObject({ error: Infinity, passed: false })
  })

  it('measures precision and range', async () => {
    expect(await precisionBits(t.reference)).toBe(52)
    expect(await precisionBits(changed(Math.fround))).toBe(23)
    expect(await smallestPower(t.reference)).toBe(-149)
    expect(await smallestPower(changed((x) => (x < 2 ** -126 ? 0 : x)))).toBe(-126)
  })

  it('measures float32, [gl]', async () => {
    expect(await precisionBits(await gl())).toBe(23)
    expect(await smallestPower(await gl())).toBeLessThanOrEqual(-126)
  })
})
