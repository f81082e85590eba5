// One of the processes of `npm run bench`: the plain rates of the device, by GLSL that does nothing else. Each line on
// its standard input asks for a round.
import { createInterface } from 'node:readline'
import * as E from 'fp-ts/Either'
import { platform } from '../../lib/platform/node/platform.ts'
import { timed } from './prepared.ts'
import { runsFor, say } from './worker.ts'

const side = 1024
/** Per fragment; many enough that writing the result does not count. */
const loops = 64

/** What each fragment of a program does in one turn of its loop. */
interface Probe {
  readonly turn: string
  /** Operations or fetches of a turn. */
  readonly work: number
}

const probes = {
  // four chains, since each step of a chain waits for the one before
  madd: {
    turn: 'a = a * k + l; b = b * k + l; c = c * k + l; d = d * k + l;',
    work: 4 * 4 * 2
  },
  // neighbouring fragments fetch neighbouring texels
  fetch: {
    turn: `a += texture2D(source, p); b += texture2D(source, p + vec2(${1 / side}, 0.0));
    c += texture2D(source, p + vec2(0.0, ${1 / side})); d += texture2D(source, p + vec2(${1 / side}, ${1 / side}));
    p += l.xy;`,
    work: 4
  }
} satisfies Readonly<Record<string, Probe>>

const vertex = `attribute vec2 corner;
void main() { gl_Position = vec4(corner, 0.0, 1.0); }`

const fragment = ({ turn }: Probe): string => `precision highp float;
uniform sampler2D source;
uniform vec4 k, l;
void main() {
  vec2 p = gl_FragCoord.xy / ${side}.0;
  vec4 a = vec4(p, 0.0, 1.0), b = a + k, c = a + l, d = a - k;
  for (int i = 0; i < ${loops}; i++) { ${turn} }
  gl_FragColor = a + b + c + d;
}`

type GL = WebGLRenderingContext | WebGL2RenderingContext

const compiled = (gl: GL, type: number, text: string): WebGLShader => {
  const shader = gl.createShader(type)
  if (shader === null) throw new Error('the driver makes no shader')
  gl.shaderSource(shader, text)
  gl.compileShader(shader)
  return shader
}

const linked = (gl: GL, probe: Probe): WebGLProgram => {
  const program = gl.createProgram()
  gl.attachShader(program, compiled(gl, gl.VERTEX_SHADER, vertex))
  gl.attachShader(program, compiled(gl, gl.FRAGMENT_SHADER, fragment(probe)))
  gl.linkProgram(program)
  if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true) throw new Error(String(gl.getProgramInfoLog(program)))
  return program
}

const texture = (gl: GL): WebGLTexture => {
  const made = gl.createTexture()
  gl.bindTexture(gl.TEXTURE_2D, made)
  for (const [name, value] of [
    [gl.TEXTURE_MIN_FILTER, gl.NEAREST],
    [gl.TEXTURE_MAG_FILTER, gl.NEAREST],
    [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE],
    [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE]
  ] as const)
    gl.texParameteri(gl.TEXTURE_2D, name, value)
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, side, side, 0, gl.RGBA, gl.FLOAT, new Float32Array(4 * side * side).fill(1))
  return made
}

const framebuffer = (gl: GL, target: WebGLTexture): WebGLFramebuffer => {
  const made = gl.createFramebuffer()
  gl.bindFramebuffer(gl.FRAMEBUFFER, made)
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, target, 0)
  return made
}

/** A rectangle over the whole target. */
const corners = (gl: GL, program: WebGLProgram): void => {
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer())
  gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]), gl.STATIC_DRAW)
  const place = gl.getAttribLocation(program, 'corner')
  gl.enableVertexAttribArray(place)
  gl.vertexAttribPointer(place, 2, gl.FLOAT, false, 0, 0)
}

/** A way to draw a probe a number of times; gives the seconds until the last is done. */
type Draws = (runs: number) => Promise<number>

const drawsOf = (gl: GL, probe: Probe, source: WebGLTexture): Draws => {
  const program = linked(gl, probe)
  const targets = [texture(gl), texture(gl)].map((target) => framebuffer(gl, target))
  const texel = new Float32Array(4)
  const begin = (): void => {
    corners(gl, program)
    gl.useProgram(program)
    gl.uniform4f(gl.getUniformLocation(program, 'k'), 0.5, 0.25, 0.5, 0.25)
    gl.uniform4f(gl.getUniformLocation(program, 'l'), 1 / side, 2 / side, 0.5, 0.25)
    gl.bindTexture(gl.TEXTURE_2D, source)
    gl.viewport(0, 0, side, side)
  }
  // each draw goes to the other target: the driver forgets a draw that the next one covers
  const draw = (i: number): void => {
    gl.bindFramebuffer(gl.FRAMEBUFFER, targets[i % 2] ?? null)
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4)
    gl.flush()
  }
  return (runs) => {
    begin()
    return timed(() => {
      for (let i = 0; i < runs; i++) draw(i)
      gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.FLOAT, texel)
      return Promise.resolve()
    })
  }
}

/** Thousand millions of a probe's work that a draw does. */
const workOf = ({ work }: Probe): number => (side * side * loops * work) / 1e9

/** Seconds that a round should take. */
const goal = 0.2

/** Gives the rate of a round each time it is called. */
const rateOf = async (gl: GL, probe: Probe, source: WebGLTexture): Promise<() => Promise<number>> => {
  const draws = drawsOf(gl, probe, source)
  // the first draw compiles
  await draws(1)
  const runs = runsFor(goal, await draws(1))
  return async () => (workOf(probe) * runs) / (await draws(runs))
}

const open = async (): Promise<GL> => {
  const [context] = platform.contexts
  const opened = await context?.[1]()
  if (opened === undefined) throw new Error('this platform has no GL')
  if (E.isLeft(opened)) throw new Error(opened.left.message)
  const { gl } = opened.right
  for (const extension of ['OES_texture_float', 'WEBGL_color_buffer_float']) gl.getExtension(extension)
  return gl
}

const gl = await open()
const source = texture(gl)
const [madd, fetch] = [await rateOf(gl, probes.madd, source), await rateOf(gl, probes.fetch, source)]
say({ facts: { version: String(gl.getParameter(gl.VERSION)) } })
for await (const _ of createInterface({ input: process.stdin }))
  say({ rates: { madd: await madd(), fetch: await fetch() } })
process.exit(0)
