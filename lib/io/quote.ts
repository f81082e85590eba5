import { printable } from '../base/printable.ts'

/** What comes from a file may be long, and may hold line breaks: a message is one line of moderate length. */
export const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}...` : text)

export const quote = (name: string): string => printable(JSON.stringify(shorten(name)))
