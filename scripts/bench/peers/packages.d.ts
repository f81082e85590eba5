// Of TensorFlow.js, what the comparison uses. The package is installed only where the comparison runs.
declare module '@tensorflow/tfjs' {
  type Shape = readonly number[]

  export interface Tensor {
    readonly shape: Shape
    data(): Promise<Float32Array>
    dispose(): void
  }
  export interface Variable extends Tensor {
    readonly name: string
  }
  export interface Optimizer {
    readonly accumulatedFirstMoment: readonly { readonly originalName: string; readonly variable: Tensor }[]
    minimize(f: () => Tensor, returnCost: boolean, variables: readonly Tensor[]): Tensor | null
    dispose(): void
  }
  interface FusedConvolution {
    readonly x: Tensor
    readonly filter: Tensor
    readonly strides: number
    readonly pad: number
    readonly bias: Tensor
  }

  export const version: { readonly tfjs: string }
  export function setBackend(name: string): Promise<boolean>
  export function ready(): Promise<void>
  export function backend(): object
  export function engine(): {
    runKernel(name: string, inputs: Readonly<Record<string, Tensor>>, attributes: object): Tensor
  }

  export function tensor(data: Float32Array, shape: Shape): Tensor
  export function variable(initial: Tensor): Variable
  export function keep(x: Tensor): Tensor
  export function tidy<T extends Tensor | readonly Tensor[]>(f: () => T): T

  export function add(a: Tensor, b: Tensor | number): Tensor
  export function sub(a: Tensor, b: Tensor): Tensor
  export function mul(a: Tensor, b: Tensor): Tensor
  export function square(x: Tensor): Tensor
  export function rsqrt(x: Tensor): Tensor
  export function sigmoid(x: Tensor): Tensor
  export function mean(x: Tensor): Tensor
  export function moments(
    x: Tensor,
    axes: Shape,
    keepDims: boolean
  ): { readonly mean: Tensor; readonly variance: Tensor }
  export function matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor
  export function conv2d(x: Tensor, filter: Tensor, strides: number, pad: number): Tensor
  export function conv2dTranspose(x: Tensor, filter: Tensor, shape: Shape, strides: number, pad: number): Tensor
  export const fused: { conv2d(options: FusedConvolution): Tensor }

  export function transpose(x: Tensor, axes: Shape): Tensor
  export function reshape(x: Tensor, shape: Shape): Tensor
  export function concat(xs: readonly Tensor[], axis: number): Tensor
  export function slice(x: Tensor, begin: Shape, size: Shape): Tensor
  export function gather(x: Tensor, indices: Tensor): Tensor
  export function cast(x: Tensor, type: 'int32'): Tensor

  export const train: { adam(rate: number, beta1: number, beta2: number, epsilon: number): Optimizer }
}

// Of jax-js, the same. Its functions use up the arrays that they are given: `ref` is a further reference.
declare module '@jax-js/jax' {
  type Shape = readonly number[]

  export interface Array {
    readonly ref: this
    readonly shape: Shape
    add(other: Array | number): Array
    sub(other: Array): Array
    mul(other: Array): Array
    div(other: Array): Array
    slice(...index: readonly (readonly [number, number])[]): Array
    data(): Promise<Float32Array>
    dispose(): void
  }
  type Pullback = ((cotangent: Array) => readonly [Array]) & { dispose(): void }
  type Jitted = ((...xs: readonly Array[]) => Array) & { dispose(): void }

  export function init(device: string): Promise<readonly string[]>
  export function defaultDevice(device: string): string
  export function jit(f: (...xs: readonly Array[]) => Array): Jitted
  export function vjp(f: (x: Array) => Array, primals: readonly [Array]): readonly [Array, Pullback]

  export const numpy: {
    array(values: Float32Array, options: { readonly shape: Shape }): Array
    zeros(shape: Shape): Array
    matmul(a: Array, b: Array): Array
    mean(x: Array, axes: Shape, options: { readonly keepdims: boolean }): Array
    square(x: Array): Array
    sqrt(x: Array): Array
  }
  export const nn: { silu(x: Array): Array }
  export const lax: {
    convGeneralDilated(x: Array, w: Array, strides: Shape, padding: readonly (readonly [number, number])[]): Array
  }
}
