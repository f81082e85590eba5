import { builtinModules } from 'node:module'
import tseslint from 'typescript-eslint'

const types = ['**/*.ts']
const plain = ['**/*.js', '**/*.mjs']
const library = ['lib/**/*.ts', 'models/**/*.ts']

/** The parts of the library that run in Node only; a browser never gets to see them. */
const nodeOnly = ['lib/node.ts', 'lib/platform/node/**/*.ts']

/** What a browser has not: Node's modules, the native packages, and our own files that import them. */
const nodePatterns = [
  { regex: '^node:', message: 'lib/ runs in browsers: Node belongs in lib/platform/node.' },
  {
    regex: `^(${builtinModules.filter((name) => !name.startsWith('_')).join('|')})$`,
    message: 'Node belongs in lib/platform/node.'
  },
  { regex: '^(gl|canvas|env-paths|cli-progress|commander)$', message: 'Packages of Node belong in lib/platform/node.' },
  {
    regex: '(/node\\.ts|/node/.*\\.ts)$',
    allowTypeImports: true,
    message: 'Only lib/node.ts exports the parts for Node.'
  }
]

const conventions = [
  {
    selector: ':not(ArrowFunctionExpression) > TSAsExpression > TSAsExpression',
    message: 'A double cast hides a type: mend the type, or move it to a named function that does nothing else.'
  },
  { selector: 'TSEnumDeclaration', message: 'Use a union of literals.' },
  { selector: 'ExportDefaultDeclaration', message: 'Export by name.' }
]

/** Files that describe mutable things of others: GL objects, canvases, packages without types. */
const foreign = ['lib/device/**/*.ts', 'lib/render/canvas.ts', 'lib/base/raise.ts', '**/*.d.ts']

const libraryConventions = [
  ...conventions,
  {
    selector: 'ThrowStatement:not(CatchClause ThrowStatement)',
    message: 'Throw through raise(op, message); bad input from outside is a Failure.'
  },
  { selector: 'TSInterfaceBody > TSPropertySignature:not([readonly=true])', message: 'Data is readonly.' }
]

const dynamicNodeImport = {
  selector: 'ImportExpression[source.value=/^(node:|gl$|canvas$)/]',
  message: 'lib/ runs in browsers: Node belongs in lib/platform/node.'
}

export default tseslint.config(
  { ignores: ['dist/', 'out/', 'docs/', 'coverage/', 'node_modules/'] },
  // No comment switches a rule off.
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' } },
  {
    files: [...types, ...plain],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname }
    },
    rules: {
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-param-reassign': 'error',
      'object-shorthand': 'error',
      'no-restricted-syntax': ['error', ...conventions],
      // (Import cycles are found by npm run sizes.)
      'no-duplicate-imports': ['error', { allowSeparateTypeImports: true }]
    }
  },
  {
    files: types,
    rules: {
      // Index arithmetic is full of `a[i]!`: the compiler must ask for it (noUncheckedIndexedAccess), a loop's bounds answer.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' }
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // A device hands out buffers as an interface, and knows its own class again.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Overloads are written for their reader: one line for each way to call.
      '@typescript-eslint/unified-signatures': 'off',
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'as' }],
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': true, 'ts-ignore': true, 'ts-nocheck': true }]
    }
  },
  {
    files: library,
    rules: {
      'max-lines': ['error', 400],
      'max-lines-per-function': ['error', 60],
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Randomness is an argument: a key.' }
      ],
      // Arguments are checked at run time against what their types promise: not every caller is compiled.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      'no-restricted-syntax': ['error', ...libraryConventions]
    }
  },
  { files: ['lib/base/debug.ts'], rules: { 'no-console': 'off' } },
  {
    files: library,
    ignores: nodeOnly,
    rules: {
      'no-restricted-syntax': ['error', ...libraryConventions, dynamicNodeImport],
      'no-restricted-globals': ['error', 'process', 'Buffer', 'require', '__dirname', '__filename', 'global'],
      '@typescript-eslint/no-restricted-imports': ['error', { patterns: nodePatterns }]
    }
  },
  // Claims made in types are specs: there a mistake is expected, with words.
  {
    files: ['spec/**/*.types.ts'],
    rules: { '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': 'allow-with-description' }] }
  },
  {
    files: ['*.config.ts', '*.config.js', ...foreign],
    rules: { 'no-restricted-syntax': 'off' }
  },
  { files: plain, extends: [tseslint.configs.disableTypeChecked] }
)
