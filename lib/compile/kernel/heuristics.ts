// The compiler's thresholds. All but `loopMaxTerms` decide about speed or memory, not about results. If no reason is given
// for a number, none was recorded.

// ---- two stages ----------------------------------------------------------------------------------------------------

/** Fragments of a sum's output below which cores are idle, so that a first stage of partial sums pays. */
export const fragmentsForAllCores = 1024
/** The same for a sum of more than `termsForTiles` terms: it shares its work out among tiles besides. */
export const fragmentsForAllCoresInTiles = 4096
/** Terms of a sum, four lanes counted as one, above which `fragmentsForAllCoresInTiles` holds. */
export const termsForTiles = 1e6
/** Terms per result below which a sum is not worth a second kernel. */
export const twoStageMinTerms = 64
/** A sum must take as long as this many calls to be worth a second kernel. */
export const twoStageMinCalls = 3
/** Terms that a partial sum has at least. */
export const partialSumMinTerms = 8

/**
 * Terms of a reduction above which it runs in stages. A driver may end the loops of a kernel after 65,535 turns in all,
 * without an error; half of them, for loops that count blocks have turns, too.
 */
export const loopMaxTerms = 1 << 15
/** Terms of each stage of such a reduction: a multiple of the four lanes. */
export const loopPartTerms = 1 << 12

// ---- materialise, defer, fuse --------------------------------------------------------------------------------------

/** Work of one kernel, in multiplications per element. */
export const kernelMaxWork = 120
/** Nodes on top of each other in one kernel: expressions are walked by recursion, and movements add no work. */
export const kernelMaxDepth = 400
/** Work of a value with several readers, in multiplications per element, that each reader may repeat. */
export const repeatedMaxWork = 2
/** Buffers that such a value may read. */
export const repeatedMaxInputs = 2
/** Elements of a result, or of a buffer that it is computed from, above which it is not deferred. */
export const deferredMaxElements = 1 << 17
/** Calls back to look for one to fuse with: farther back lengthens lifetimes. */
export const fusionWindow = 32

// ---- texture layouts -----------------------------------------------------------------------------------------------

/** Side of a texture in the cost model, in texels, whatever the device has. */
export const modelTextureSize = 8192
/** Texels of a row. Wide rows keep all cores of a software rasteriser busy; beyond this they gain nothing. */
export const rowMaxTexels = 2048
/** Texels of a row, if the tensor allows: narrow strips are drawn slowly. */
export const rowMinTexels = 64
/** Widths to try for rows that break anywhere: this many, `wrappedRowStep` texels apart, from `rowMinTexels` on. */
export const wrappedRowWidths = 48
export const wrappedRowStep = 4
/**
 * How many times fewer fragments the busiest core must draw for render-target slices to lie in rows that break anywhere.
 * Slices are many results of few fragments, which axes rarely share out well, and one kernel reads them, once: such rows
 * cost that kernel an address.
 */
export const wrappingMinGain = 1.1
/** Reads of each element of an operand from which on a layout change is worth a kernel. */
export const layoutChangeMinReads = 16
/** Layouts kept, by shape. */
export const mostLayouts = 1 << 14

// ---- tiles and unrolling -------------------------------------------------------------------------------------------

/**
 * Terms of a reduction, four lanes counted as one, from which on it runs in tiles and as a program of its own. Below, a
 * second kernel that merges the render-target slices costs more than it saves.
 */
export const tiledMinTerms = 1e6
/** The same for a contraction (a convolution, a matrix product), whose tiles share fetches. */
export const tiledContractionMinTerms = 3e5
/** Terms, counted alike, above which a tile's loop body may have `longBodyMaxTerms`. */
export const longBodyMinTerms = 12e6
/** Terms of the longest loop body: more compile slowly and run no faster. */
export const longBodyMaxTerms = 320
/** Terms of a tile's loop body for less work, which is not worth so long a wait for the compiler. */
export const tiledBodyMaxTerms = 128
/**
 * Terms of the loop body of a heavy reduction without tiles: each term is a fetch of its own, so a shorter one
 * serves.
 */
export const untiledBodyMaxTerms = 100
/**
 * Terms of the loop body of a light reduction that picks channels; others are not unrolled, so that sizes share a
 * program.
 */
export const lightBodyMaxTerms = 4
/**
 * Steps of one loop that are unrolled: any number of them, a divisor of the loop's, or a multiple of the four
 * channels.
 */
export const unrolledMaxSteps = 14
export const unrolledPickingMaxSteps = 12
export const unrolledPickingMaxBlock = 16
/** Largest tile along one axis, in results of a fragment. */
export const tileMaxSide = 8
/** Tilings kept for each set of costs, by kernel. */
export const mostTilings = 4096

// ---- the text of kernels -------------------------------------------------------------------------------------------

/** Fragments of an output above which addresses leave out terms that are 0, at the price of more programs. */
export const sharedAddressMaxFragments = 130_000
/**
 * Terms of a turn from which on they are added up by themselves, and that sum to the total: shorter sums, at 1 to 2 % of
 * a heavy kernel's time.
 */
export const ownSumMinTerms = 8
/** Sums that are added up side by side: a processor's registers hold no more, and one alone waits for itself. */
export const sumsSideBySide = 2
/**
 * The longest running sum, in terms: rounding grows with it. Heavy kernels loop so tightly that shorter blocks cost them
 * 15 to 18 % (measured on a convolution of 720 terms).
 */
export const runningSumMaxTerms = { light: 32, heavy: 256 } as const
