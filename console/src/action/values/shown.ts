import { decode } from '@msgpack/msgpack';
import type { Literal, Scalar } from '../../../../src/gen/flyteidl2/core/literals_pb.js';
import type { LiteralType } from '../../../../src/gen/flyteidl2/core/types_pb.js';
import { formatDuration } from '../../run/form/duration-text.ts';
import type { Json } from '../../run/form/json.ts';
import { typeText } from '../../run/form/literal.ts';
import { instantText, literalToJson } from '../../run/form/to-json.ts';

/** Something that lies elsewhere. */
export interface Place {
  readonly kind: 'place';
  readonly what: 'file' | 'directory' | 'dataframe' | 'pickle' | 'schema' | 'value';
  readonly uri: string;
  /** Such as `parquet`; empty if nobody said. */
  readonly format: string;
  /** In bytes; undefined if nobody said. */
  readonly size: number | undefined;
  /** Of a dataframe: names of columns and their types. */
  readonly columns: readonly (readonly [string, string])[];
}

/** A value as it is shown to a person. */
export type Shown =
  | { readonly kind: 'text'; readonly text: string }
  /** Numbers, True and False, times and lengths of time: one word, as Python would say it. */
  | { readonly kind: 'word'; readonly text: string; readonly tone: 'number' | 'boolean' | 'time' }
  | { readonly kind: 'none' }
  | { readonly kind: 'list'; readonly items: readonly Shown[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, Shown])[] }
  | { readonly kind: 'binary'; readonly size: number; readonly tag: string }
  | { readonly kind: 'error'; readonly message: string }
  | Place;

/** How a literal is shown. */
export function shownOf(literal: Literal | undefined): Shown {
  const value = literal?.value;
  switch (value?.case) {
    case 'scalar':
      return ofScalar(value.value, literal);
    case 'collection':
      return { kind: 'list', items: value.value.literals.map(shownOf) };
    case 'map':
      return {
        kind: 'object',
        entries: Object.entries(value.value.literals).map(([key, inner]) => [key, shownOf(inner)] as const),
      };
    case 'offloadedMetadata': {
      const { uri, sizeBytes } = value.value;
      return place('value', uri, { size: Number(sizeBytes) });
    }
    default:
      return { kind: 'none' };
  }
}

function ofScalar({ value }: Scalar, literal: Literal | undefined): Shown {
  switch (value.case) {
    case 'primitive': {
      const primitive = value.value.value;
      switch (primitive.case) {
        case 'stringValue':
          return { kind: 'text', text: primitive.value };
        case 'datetime':
          return word(instantText(primitive.value), 'time');
        case 'duration':
          return word(formatDuration(primitive.value), 'time');
        case 'floatValue':
          return word(floatText(primitive.value), 'number');
        default:
          return shownOfJson(primitive.value ?? null);
      }
    }
    case 'blob': {
      const type = value.value.metadata?.type;
      const what =
        type?.dimensionality === 1 ? 'directory' : type?.format === 'PythonPickle' ? 'pickle' : 'file';
      return place(what, value.value.uri, { format: type?.format ?? '', size: sizeOf(literal) });
    }
    case 'structuredDataset': {
      const type = value.value.metadata?.structuredDatasetType;
      return place('dataframe', value.value.uri, {
        format: type?.format ?? '',
        size: sizeOf(literal),
        columns: type?.columns.map(({ name, literalType }) => [name, typeText(literalType)] as const) ?? [],
      });
    }
    case 'schema':
      return place('schema', value.value.uri, { size: sizeOf(literal) });
    case 'union':
      return shownOf(value.value.value);
    case 'error':
      return { kind: 'error', message: value.value.message };
    case 'generic':
      return shownOfJson(value.value as Json);
    case 'binary':
      return ofBinary(value.value.value, value.value.tag);
    default:
      return { kind: 'none' };
  }
}

function ofBinary(bytes: Uint8Array, tag: string): Shown {
  const binary: Shown = { kind: 'binary', size: bytes.length, tag };
  if (tag !== 'msgpack') return binary;
  try {
    return shownOfJson(decode(bytes, { useBigInt64: true }) as Json);
  } catch {
    return binary;
  }
}

/** How a value is shown that came as JSON, or as what msgpack makes of one. */
export function shownOfJson(value: Json | Uint8Array): Shown {
  if (value === null || value === undefined) return { kind: 'none' };
  if (typeof value === 'string') return { kind: 'text', text: value };
  if (typeof value === 'boolean') return word(value ? 'True' : 'False', 'boolean');
  if (typeof value === 'number' || typeof value === 'bigint') return word(String(value), 'number');
  if (value instanceof Uint8Array) return { kind: 'binary', size: value.length, tag: '' };
  if (Array.isArray(value)) return { kind: 'list', items: value.map(shownOfJson) };
  if (value instanceof Date) return word(value.toISOString(), 'time');
  return { kind: 'object', entries: Object.entries(value).map(([key, inner]) => [key, shownOfJson(inner)]) };
}

/** Python tells 1.0 from 1, and so do people who look for a mistake. */
function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return Number.isInteger(value) && Math.abs(value) < 1e16 ? value.toFixed(1) : String(value);
}

function word(text: string, tone: 'number' | 'boolean' | 'time'): Shown {
  return { kind: 'word', text, tone };
}

function place(what: Place['what'], uri: string, more: Partial<Place>): Place {
  return { kind: 'place', what, uri, format: '', size: undefined, columns: [], ...more };
}

/** Some writers put the size beside the value. */
function sizeOf(literal: Literal | undefined): number | undefined {
  const text = literal?.metadata.size ?? literal?.metadata.size_bytes;
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** The value as text to copy: a text as it is, all else as JSON; what JSON can't say is told in words. */
export function toCopy(literal: Literal | undefined): Json {
  return literalToJson(literal) ?? plain(shownOf(literal));
}

function plain(shown: Shown): Json {
  switch (shown.kind) {
    case 'text':
    case 'word':
      return shown.text;
    case 'list':
      return shown.items.map(plain);
    case 'object':
      return Object.fromEntries(shown.entries.map(([key, inner]) => [key, plain(inner)]));
    case 'place':
      return shown.uri;
    case 'binary':
      return `${shown.size} bytes`;
    case 'error':
      return shown.message;
    case 'none':
      return null;
  }
}

/** The type of a value, by the interface if it has one. */
export function typeName(type: LiteralType | undefined): string {
  return type === undefined ? '' : typeText(type);
}

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** A number of bytes: `512 bytes`, `1.2 kB`, `3.4 GB`. */
export function sizeText(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1000;
    unit++;
  }
  const rounded = unit === 0 || size >= 100 ? Math.round(size).toString() : size.toFixed(1);
  return bytes === 1 ? '1 byte' : `${rounded} ${UNITS[unit]}`;
}
