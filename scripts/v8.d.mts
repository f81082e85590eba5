// It exports nothing: importing it is enough.
export {}
