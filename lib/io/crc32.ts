// the polynomial of zip and PNG, its bits reversed
const POLYNOMIAL = 0xedb88320

const shifted = (crc: number): number => {
  let c = crc
  for (let bit = 0; bit < 8; bit++) c = (c & 1) === 1 ? (c >>> 1) ^ POLYNOMIAL : c >>> 1
  return c
}

/** Entry 256 k + b is the contribution of byte b to a checksum k bytes later. */
const tableOf = (): Int32Array => {
  const table = new Int32Array(4 * 256)
  for (let b = 0; b < 256; b++) table[b] = shifted(b)
  for (let i = 256; i < table.length; i++) table[i] = (table[i - 256]! >>> 8) ^ table[table[i - 256]! & 255]!
  return table
}

const table = tableOf()

/** The CRC-32 of some bytes, as in zip, computed four bytes at a time. */
export const crc32 = (bytes: Uint8Array): number => {
  const whole = bytes.length & ~3
  let c = -1
  for (let i = 0; i < whole; i += 4) {
    c ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    c = table[768 + (c & 255)]! ^ table[512 + ((c >>> 8) & 255)]! ^ table[256 + ((c >>> 16) & 255)]! ^ table[c >>> 24]!
  }
  for (let i = whole; i < bytes.length; i++) c = (c >>> 8) ^ table[(c ^ bytes[i]!) & 255]!
  return ~c >>> 0
}
