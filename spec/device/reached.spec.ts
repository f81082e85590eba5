import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { reachedOf } from '../../lib/device/reached.ts'
import { holds } from '../support/property.ts'

describe('the functions of a program that main reaches', () => {
  it('stay, with all that is no function; the others go', () => {
    const text = [
      'precision highp float;',
      'uniform sampler2D user_a0;',
      'highp float unused(float x) {',
      '  if (x > 0.0) { return 1.0; }',
      '  return other(x);',
      '}',
      'float other(float x) { return x; }',
      'float twice(float x) { return x + x; }',
      'vec4 twice(vec4 x) { return x + x; }',
      'vec4 body() {',
      '  for (float i = 0.0; i < 4.0; i += 1.0) { if (i > 2.0) break; }',
      '  return twice(texture2D(user_a0, vec2(0.5)));',
      '}',
      'void main(void) {',
      '  gl_FragData[0] = body();',
      '}'
    ]
    const wanted = [...text.slice(0, 2), ...text.slice(7)].join('\n')
    expect(reachedOf(text.join('\n')).replace(/\n+/g, '\n')).toBe(wanted)
  })

  it('are those that a walk along the calls finds', () => {
    const calls = fc.array(fc.array(fc.nat(11), { maxLength: 3 }), { minLength: 12, maxLength: 12 })
    holds(calls, (all) => {
      const name = (i: number): string => (i === 0 ? 'main' : `f${i}`)
      // brackets within a function, and names that begin alike
      const definition = (i: number): string =>
        `void ${name(i)}() {\n${all[i]!.map((j) => `  if (true) { ${name(j)}(); }\n`).join('')}}`
      const walked = new Set<number>()
      const walk = (i: number): void => {
        if (walked.has(i)) return
        walked.add(i)
        all[i]!.forEach(walk)
      }
      walk(0)
      const kept = reachedOf(all.map((_, i) => definition(i)).join('\n')).matchAll(/^void (\w+)/gm)
      expect([...kept].map(([, found]) => found)).toEqual([...walked].sort((a, b) => a - b).map(name))
    })
  })
})
