import type { createCanvas } from 'canvas'
import type { CreateDigitCanvas } from '../../lib/data/digits.ts'

/*
 * Digits can be drawn on each of these canvases: no cast is needed.
 */
export const onNode = (create: typeof createCanvas): CreateDigitCanvas => create

export const offScreen: CreateDigitCanvas = (width, height) => new OffscreenCanvas(width, height)

export const inDocument: CreateDigitCanvas = (width, height) =>
  Object.assign(document.createElement('canvas'), { width, height })

// @ts-expect-error: a WebGL context draws no strokes
export const onWebGL: CreateDigitCanvas = () => ({ getContext: (): WebGLRenderingContext | null => null })
