import ts from 'typescript'

const isDeferred = (node: ts.Node): boolean => ts.isFunctionLike(node) || ts.isClassLike(node)

/** Where the calls begin that run when the expression is evaluated. */
const callsIn = (file: ts.SourceFile, node: ts.Node): readonly number[] => {
  if (isDeferred(node)) return []
  const here = ts.isCallExpression(node) || ts.isNewExpression(node) ? [node.getStart(file)] : []
  return [...here, ...node.getChildren(file).flatMap((child) => callsIn(file, child))]
}

const initialisers = (file: ts.SourceFile): readonly ts.Expression[] =>
  file.statements
    .filter((statement) => ts.isVariableStatement(statement))
    .flatMap(({ declarationList }) => declarationList.declarations.flatMap(({ initializer }) => initializer ?? []))

/**
 * Marks the calls that make the constants of a module, such as the rows of operations, as free of side effects, which
 * holds in all of the library: bundlers leave out the constants that a page does not use. They can't tell by
 * themselves, and kept two thirds of the library for a page that adds two tensors.
 */
export const markPure = (path: string, text: string): string => {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const places = [...new Set(initialisers(file).flatMap((expression) => callsIn(file, expression)))].sort(
    (a, b) => b - a
  )
  return places.reduce((marked, at) => `${marked.slice(0, at)}/* @__PURE__ */ ${marked.slice(at)}`, text)
}
