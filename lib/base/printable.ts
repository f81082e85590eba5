// control characters, marks that change the direction of text, and line ends that only some programs know
const unprintable = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu

/**
 * Makes text from outside (a file's name, the content of a file) safe to print on a terminal. A character that would
 * move the cursor, set a colour or reverse the order of letters becomes an escape like `\u009b`. Tabs and line feeds
 * stay.
 */
export const printable = (text: string): string =>
  text.replace(unprintable, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
