/** The configuration: where it comes from, what it holds, and how it reads in the documentation. */
export { type CommandLine, parseCommandLine } from './config/cli.ts';
export type { Environment } from './config/environment.ts';
export { StartupError } from './config/errors.ts';
export type { Level } from './config/levels.ts';
export { type LoadedConfig, loadConfig, parseConfig } from './config/load.ts';
export {
  type ConfigReference,
  configReference,
  configReferenceTable,
  redactedConfig,
} from './config/reference.ts';
export type { Config, DatabaseConfig, DatabaseLimits, PeerConfig, ServerConfig } from './config/resolve.ts';
