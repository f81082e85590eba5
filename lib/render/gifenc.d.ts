declare module 'gifenc' {
  interface Frame {
    readonly palette?: readonly (readonly [number, number, number])[]
    /** Milliseconds. */
    readonly delay?: number
  }

  interface Encoder {
    writeFrame(indices: Uint8Array, width: number, height: number, frame?: Frame): void
    finish(): void
    bytes(): Uint8Array<ArrayBuffer>
  }

  interface Gifenc {
    readonly GIFEncoder: () => Encoder
  }

  // The package has an ES module, which exports the names themselves, and a CommonJS one, which Node and esbuild take and
  // which has them in `default`.
  export const GIFEncoder: Gifenc['GIFEncoder'] | undefined
  const commonJs: Gifenc
  export default commonJs
}
