import * as z from 'zod';
import { type LeafMeta, leafMeta } from './leaves.ts';
import { configSchema } from './schema.ts';

/** One key of the configuration. */
export interface ConfigKey extends LeafMeta {
  /** The names from the outermost group to the key, as in YAML. */
  path: readonly string[];
  /** The environment variable that overrides it. */
  environment: string;
}

/** The environment variable of a path: `['runs', 'watchBufferSize']` becomes `RUNS_WATCH_BUFFER_SIZE`. */
export function environmentName(path: readonly string[]): string {
  return path
    .map((part) => part.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').replaceAll('-', '_'))
    .join('_')
    .toUpperCase();
}

function collect(schema: z.core.$ZodType, path: readonly string[]): ConfigKey[] {
  const meta = leafMeta.get(schema);
  if (meta) return [{ ...meta, path, environment: environmentName(path) }];
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([key, child]) => collect(child, [...path, key]));
  }
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault)
    return collect(schema.unwrap(), path);
  throw new Error(`the configuration key ${path.join('.')} has no description`);
}

/** Every key of the configuration, in the order of the schema. */
export const configKeys: readonly ConfigKey[] = collect(configSchema, []);

/** The paths of the groups that hold the keys, such as `['runs', 'server', 'tls']`. */
export const configGroups: readonly (readonly string[])[] = [
  ...new Map(
    configKeys.flatMap(({ path }) =>
      path
        .slice(0, -1)
        .map((_, depth) => [path.slice(0, depth + 1).join('.'), path.slice(0, depth + 1)] as const),
    ),
  ).values(),
];
