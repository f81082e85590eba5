/**
 * Laws of data whose best model, score and likelihood are known exactly: what samplers and losses are checked against.
 *
 * @packageDocumentation
 */
export { mixture, modelOf, type Law, type MixtureOptions } from './mixture.ts'
