import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import {
  type Environment,
  isRawGroup,
  type RawGroup,
  suspiciousVariables,
  withEnvironment,
} from './environment.ts';
import { StartupError } from './errors.ts';
import { describeIssue } from './messages.ts';
import { type Config, toConfig } from './resolve.ts';
import { configSchema } from './schema.ts';

/** A configuration that can be used, and what a person should know about how it was written. */
export interface LoadedConfig {
  config: Config;
  /** Whole sentences for the log. */
  warnings: string[];
}

/**
 * Reads a configuration file, applies the environment variables, checks everything and reads the files that
 * hold secrets. Relative paths mean the current working directory. Throws a StartupError whose message names
 * the file and the key that is wrong.
 */
export function loadConfig(file: string, environment: Environment = process.env): LoadedConfig {
  const raw = parseYaml(file, readText(file));
  return { config: parseConfig(raw, environment, file), warnings: suspiciousVariables(environment) };
}

/** Checks a configuration that is already in memory; `source` is what messages call it. */
export function parseConfig(raw: unknown, environment: Environment, source: string): Config {
  const group = withoutNulls(raw ?? {});
  if (!isRawGroup(group))
    throw new StartupError(`${source} must hold groups of keys such as runs and database`);
  const result = configSchema.safeParse(withEnvironment(group, environment));
  const issue = result.error?.issues[0];
  if (!result.success)
    throw new StartupError(issue ? describeIssue(issue, environment, source) : `${source} is not valid`);
  return toConfig(result.data, source);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT')
      throw new StartupError(`config file ${file} does not exist; name one with --config FILE`);
    if (code === 'EACCES') throw new StartupError(`config file ${file} cannot be read: permission denied`);
    if (code === 'EISDIR') throw new StartupError(`config file ${file} is a folder`);
    throw new StartupError(`config file ${file} cannot be read (${String(code)})`, { cause: error });
  }
}

function parseYaml(file: string, text: string): unknown {
  const document = parseDocument(text, { prettyErrors: false });
  const [error] = document.errors;
  if (error) {
    const line = text.slice(0, error.pos[0]).split('\n').length;
    throw new StartupError(`${file} is not valid YAML: line ${line}: ${error.message}`);
  }
  return document.toJS();
}

/** A key without a value, as it is left behind when its children are commented out, counts as left out. */
function withoutNulls(value: unknown): unknown {
  if (!isRawGroup(value)) return value;
  const entries = Object.entries(value).filter(([, child]) => child !== null);
  return Object.fromEntries(entries.map(([key, child]) => [key, withoutNulls(child)])) satisfies RawGroup;
}
