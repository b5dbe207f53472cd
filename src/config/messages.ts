import type * as z from 'zod';
import type { Environment } from './environment.ts';
import { configGroups, configKeys, environmentName } from './keys.ts';
import { nearest } from './nearest.ts';

/** One sentence about what is wrong with a configuration: where it stands, which key, what it must be. */
export function describeIssue(issue: z.core.$ZodIssue, environment: Environment, source: string): string {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    const meant = intended(path, key);
    return `${source}: unknown key ${[...path, key].join('.')}${meant ? `; did you mean ${meant}?` : ''}`;
  }
  const keyPath = path.filter((part) => !/^\d+$/.test(part));
  const variable = environmentName(keyPath);
  const overridden = environment[variable] !== undefined && environment[variable] !== '';
  return `${overridden ? 'environment' : source}: ${keyPath.join('.')}${overridden ? ` (${variable})` : ''} ${issue.message}`;
}

/** The full name of the key that somebody meant who wrote `key` into the group at `path`. */
function intended(path: readonly string[], key: string): string | undefined {
  const prefix = path.length > 0 ? `${path.join('.')}.` : '';
  const names = [
    ...configKeys.map((known) => known.path.join('.')),
    ...configGroups.map((known) => known.join('.')),
  ];
  const siblings = names
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .filter((name) => !name.includes('.'));
  const sibling = nearest(key, siblings);
  if (sibling) return prefix + sibling;
  const elsewhere = names.filter((name) => name.split('.').at(-1) === key);
  return elsewhere.length === 1 ? elsewhere[0] : undefined;
}
