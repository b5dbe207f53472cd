import { type ConfigKey, configGroups, configKeys, environmentName } from './keys.ts';
import { nearest } from './nearest.ts';

/** A group of the configuration before it is checked. */
export interface RawGroup {
  [key: string]: unknown;
}

/** The texts of environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Whether a value of a parsed YAML file is a group of keys. */
export function isRawGroup(value: unknown): value is RawGroup {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A copy of the configuration of the file in which environment variables have replaced values. An empty
 * variable takes a key, or a whole group (`DATABASE_POSTGRES=`), away, so that its default holds.
 */
export function withEnvironment(file: RawGroup, environment: Environment): RawGroup {
  const result = structuredClone(file);
  for (const path of configGroups) {
    if (environment[environmentName(path)] === '') remove(result, path);
  }
  for (const key of configKeys) {
    const text = environment[key.environment];
    if (text === '') remove(result, key.path);
    else if (text !== undefined) put(result, key.path, valueFrom(key, text));
  }
  return result;
}

/** Sentences about variables that look like misspelt names of ours. */
export function suspiciousVariables(environment: Environment): string[] {
  const known = [...configKeys.map((key) => key.environment), ...configGroups.map(environmentName)];
  return Object.keys(environment)
    .filter((name) => /^(RUNS|DATABASE|STORAGE|SECRETS|EXECUTOR|LOGGER)_/.test(name) && !known.includes(name))
    .flatMap((name) => {
      const meant = nearest(name, known, 2);
      return meant ? [`the environment variable ${name} is not used; did you mean ${meant}?`] : [];
    });
}

function valueFrom(key: ConfigKey, text: string): unknown {
  if (key.kind === 'number') return /^-?\d+$/.test(text) ? Number(text) : text;
  if (key.kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  if (key.kind === 'list') {
    return text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  }
  return text;
}

function put(target: RawGroup, path: readonly string[], value: unknown): void {
  const [head, ...rest] = path;
  if (head === undefined) return;
  if (rest.length === 0) {
    target[head] = value;
    return;
  }
  const child = target[head];
  const group = isRawGroup(child) ? child : {};
  target[head] = group;
  put(group, rest, value);
}

function remove(target: RawGroup, path: readonly string[]): void {
  const [head, ...rest] = path;
  if (head === undefined) return;
  const child = target[head];
  if (rest.length === 0) delete target[head];
  else if (isRawGroup(child)) remove(child, rest);
}
