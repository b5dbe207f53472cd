import * as z from 'zod';
import { parseDuration, parseSize } from './units.ts';

/** How the value of a key is written: it decides how the text of an environment variable is read. */
export type LeafKind = 'text' | 'number' | 'boolean' | 'list' | 'duration' | 'size' | 'level';

/** What the reference in the documentation tells about a key. */
export interface LeafMeta {
  kind: LeafKind;
  /** How the type reads in the reference. */
  type: string;
  /** How the default reads in the reference; empty when there is none. */
  default: string;
  meaning: string;
}

/** The description of every leaf of the configuration schema. */
export const leafMeta = z.registry<LeafMeta>();

const quoted = (value: unknown) => JSON.stringify(value) ?? 'nothing';

interface TextOptions {
  /** What the text must be, as the rest of a sentence that begins with the key: `must be …`. */
  hint?: string;
  test?: (value: string) => boolean;
  type?: string;
  /** How a default reads that others decide. */
  shown?: string;
}

function checkedText(options: TextOptions) {
  const error = ({ input }: { input?: unknown }) => {
    if (options.hint) return `${options.hint}, not ${quoted(input)}`;
    // Such a key may hold a secret, so the message does not repeat its value.
    return typeof input === 'object' ? 'must be text' : 'must be text: put its value in quotes';
  };
  return z.string({ error }).refine((value) => options.test?.(value) ?? true, { error });
}

/** A key whose value is text, with a default. */
export function text(meaning: string, standard: string, options: TextOptions = {}) {
  const schema = checkedText(options).prefault(standard);
  return describe(schema, { kind: 'text', type: options.type ?? 'text', default: standard, meaning });
}

/** A key whose value is text and which may be left out. */
export function optionalText(meaning: string, options: TextOptions = {}) {
  const schema = checkedText(options).optional();
  return describe(schema, {
    kind: 'text',
    type: options.type ?? 'text',
    default: options.shown ?? '',
    meaning,
  });
}

/** A key whose value is a whole number between two bounds, both included. */
export function whole(meaning: string, standard: number, min: number, max = Number.MAX_SAFE_INTEGER) {
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  const error = ({ input }: { input?: unknown }) => `must be a whole number ${range}, not ${quoted(input)}`;
  const schema = z.int({ error }).min(min, { error }).max(max, { error }).prefault(standard);
  return describe(schema, { kind: 'number', type: 'number', default: String(standard), meaning });
}

/** A key that is true or false and may be left out; `shown` describes the default, which others decide. */
export function flag(meaning: string, shown: string) {
  const schema = z
    .boolean({ error: ({ input }) => `must be true or false, not ${quoted(input)}` })
    .optional();
  return describe(schema, { kind: 'boolean', type: 'true or false', default: shown, meaning });
}

/** A whole number between two bounds that may be left out; `shown` describes the default, which others decide. */
export function optionalWhole(meaning: string, shown: string, min: number, max: number) {
  const error = ({ input }: { input?: unknown }) =>
    `must be a whole number from ${min} to ${max}, not ${quoted(input)}`;
  const schema = z.int({ error }).min(min, { error }).max(max, { error }).optional();
  return describe(schema, { kind: 'number', type: 'number', default: shown, meaning });
}

/** A key that takes one of a few words and may be left out; `shown` describes the default, which others decide. */
export function optionalChoice<const T extends readonly [string, ...string[]]>(
  meaning: string,
  words: T,
  shown: string,
) {
  const schema = z
    .enum(words, { error: ({ input }) => `must be ${words.join(' or ')}, not ${quoted(input)}` })
    .optional();
  return describe(schema, { kind: 'text', type: words.join(' or '), default: shown, meaning });
}

/** A key that takes one of a few words. */
export function choice<const T extends readonly [string, ...string[]]>(
  meaning: string,
  words: T,
  standard: T[number],
) {
  const schema = z
    .enum(words, { error: ({ input }) => `must be ${words.join(' or ')}, not ${quoted(input)}` })
    .default(standard);
  return describe(schema, { kind: 'text', type: words.join(' or '), default: standard, meaning });
}

/** A key whose value is a list of texts; `hint` says what each must be. */
export function list(
  meaning: string,
  standard: string[],
  options: { hint: string; test: (item: string) => boolean; min?: number },
) {
  const error = ({ input }: { input?: unknown }) => `must be a list ${options.hint}, not ${quoted(input)}`;
  const schema = z
    .array(z.string({ error }), { error })
    .refine((items) => items.length >= (options.min ?? 0) && items.every(options.test), { error })
    .prefault(standard);
  return describe(schema, { kind: 'list', type: 'list', default: standard.join(', '), meaning });
}

/** A key whose value is a duration of at least `minMs`; the parsed value is in milliseconds. */
export function duration(meaning: string, standard: string, minMs = 1) {
  const schema = z
    .unknown()
    .transform((input, context) => {
      const value = typeof input === 'string' ? parseDuration(input) : undefined;
      if (value !== undefined && value >= minMs && value <= maxTimerMs) return value;
      const message =
        typeof input === 'number'
          ? `needs a unit: write ${input}s or ${input}ms`
          : value === undefined
            ? `must be a duration such as 250ms, 90s or 1h, not ${quoted(input)}`
            : `must be a duration from ${minMs}ms to 24d, not ${quoted(input)}`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    })
    .prefault(standard);
  return describe(schema, { kind: 'duration', type: 'duration', default: standard, meaning });
}

/** Timers of Node.js fire at once beyond 2^31 ms, so no duration may be longer than 24 days. */
const maxTimerMs = 24 * 86_400_000;

/** A key whose value is a number of bytes, plain or as `16MiB`; the parsed value is in bytes. */
export function size(meaning: string, standard: string, min: number, max: number) {
  const schema = z
    .unknown()
    .transform((input, context) => {
      const value =
        typeof input === 'number' || typeof input === 'string' ? parseSize(String(input)) : undefined;
      if (value !== undefined && value >= min && value <= max) return value;
      const wanted = value === undefined ? 'such as 16MiB, 500kB or 4096' : `from ${min} to ${max} bytes`;
      context.addIssue({ code: 'custom', message: `must be a size ${wanted}, not ${quoted(input)}` });
      return z.NEVER;
    })
    .prefault(standard);
  return describe(schema, { kind: 'size', type: 'size', default: standard, meaning });
}

/** Attaches the description of a key to its schema; the schema stays as it is otherwise. */
export function describe<T extends z.ZodType>(schema: T, meta: LeafMeta): T {
  leafMeta.add(schema, meta);
  return schema;
}
