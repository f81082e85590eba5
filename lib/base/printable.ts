// control characters, marks that change the direction of a text, and line ends that only some programs know
const unprintable = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu

/**
 * A text that may come from outside (a file's name, what a file says) as a terminal may have it: a character that would
 * move its cursor, colour it or turn the order of its letters stands there as `\u009b`. Tabs and line feeds stay.
 */
export const printable = (text: string): string =>
  text.replace(unprintable, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
