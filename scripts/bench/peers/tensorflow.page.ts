import { shown } from './page.ts'
import { tensorflow } from './tensorflow.ts'

export const peer = shown(tensorflow)
