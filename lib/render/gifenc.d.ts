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

  // The package holds an ES module and a CommonJS one: who takes the first sees the names themselves,
  // who takes the second (Node, esbuild) sees them in `default`.
  export const GIFEncoder: Gifenc['GIFEncoder'] | undefined
  const commonJs: Gifenc
  export default commonJs
}
