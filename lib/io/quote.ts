import { printable } from '../base/printable.ts'

/** Shortens text from a file, so that messages stay short. */
export const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}...` : text)

/** Text from a file in quotes, on one line. */
export const quote = (name: string): string => printable(JSON.stringify(shorten(name)))
