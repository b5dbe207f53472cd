import { decode } from '@msgpack/msgpack';
import type { Literal, Scalar } from '../../../../src/gen/flyteidl2/core/literals_pb.js';
import { formatDuration } from './duration-text.ts';
import type { Json } from './json.ts';

/** A value as JSON; undefined if it has parts that JSON can't say, such as values that lie elsewhere. */
export function literalToJson(literal: Literal | undefined): Json | undefined {
  const value = literal?.value;
  switch (value?.case) {
    case 'scalar':
      return scalarToJson(value.value);
    case 'collection':
      return all(value.value.literals.map(literalToJson));
    case 'map': {
      const entries = Object.entries(value.value.literals);
      const values = all(entries.map(([, inner]) => literalToJson(inner)));
      return values && Object.fromEntries(entries.map(([key], i) => [key, values[i] ?? null]));
    }
    default:
      return undefined;
  }
}

function scalarToJson({ value }: Scalar): Json | undefined {
  switch (value.case) {
    case 'primitive': {
      const primitive = value.value.value;
      switch (primitive.case) {
        case 'integer':
          return smallest(primitive.value);
        case 'datetime':
          return instantText(primitive.value);
        case 'duration':
          return formatDuration(primitive.value);
        case 'floatValue':
          return Number.isFinite(primitive.value) ? primitive.value : String(primitive.value);
        default:
          return primitive.value ?? null;
      }
    }
    case 'noneType':
      return null;
    case 'generic':
      return value.value as Json;
    case 'binary':
      return value.value.tag === 'msgpack' ? unpacked(value.value.value) : undefined;
    case 'union':
      return literalToJson(value.value.value);
    case 'blob':
    case 'schema':
    case 'structuredDataset':
      return value.value.uri;
    default:
      return undefined;
  }
}

/** An instant in UTC, without digits that say nothing: `2026-11-21T04:05:06Z`, `…06.123456Z`. */
export function instantText({ seconds, nanos }: { seconds: bigint; nanos: number }): string {
  const text = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  const fraction = String(nanos).padStart(9, '0').replace(/0+$/, '');
  return `${text}${fraction && `.${fraction}`}Z`;
}

function unpacked(bytes: Uint8Array): Json | undefined {
  try {
    return plain(decode(bytes, { useBigInt64: true }));
  } catch {
    return undefined;
  }
}

function plain(value: unknown): Json | undefined {
  if (typeof value === 'bigint') return smallest(value);
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (Array.isArray(value)) return all(value.map(plain));
  if (typeof value !== 'object' || value === undefined || !isPlain(value)) return undefined;
  const entries = Object.entries(value);
  const values = all(entries.map(([, inner]) => plain(inner)));
  return values && Object.fromEntries(entries.map(([key], i) => [key, values[i] ?? null]));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function smallest(value: bigint): Json {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function all(values: readonly (Json | undefined)[]): Json[] | undefined {
  return values.includes(undefined) ? undefined : (values as Json[]);
}
