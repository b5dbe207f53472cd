import { create } from '@bufbuild/protobuf';
import { encode } from '@msgpack/msgpack';
import { type Literal, LiteralSchema } from '../../../../src/gen/flyteidl2/core/literals_pb.js';
import { type LiteralType, SimpleType } from '../../../../src/gen/flyteidl2/core/types_pb.js';
import { parseDuration } from './duration-text.ts';
import type { Json } from './json.ts';
import { checkSchema } from './json-schema.ts';
import { none, primitive, scalar, typeText } from './literal.ts';

/** A value does not have its type. The message says where and what is wanted. */
export class TypeMismatch extends Error {}

const LARGEST = 2n ** 63n - 1n;

/** The literal for a JSON value of the type. Throws a TypeMismatch, which names the place within the value. */
export function literalFromJson(type: LiteralType | undefined, value: Json, place = ''): Literal {
  const of = type?.type;
  switch (of?.case) {
    case 'simple':
      return simpleFromJson(of.value, type, value, place);
    case 'enumType':
      if (typeof value === 'string' && of.value.values.includes(value)) return text(value);
      throw mismatch(place, `has to be one of ${of.value.values.map((one) => `“${one}”`).join(', ')}`);
    case 'collectionType': {
      if (!Array.isArray(value)) throw wanted(place, type);
      const literals = value.map((element, i) => literalFromJson(of.value, element, `${place}[${i}]`));
      return create(LiteralSchema, { value: { case: 'collection', value: { literals } } });
    }
    case 'mapValueType': {
      if (!isObject(value)) throw wanted(place, type);
      const entries = Object.entries(value);
      const literals = entries.map(([key, inner]) => [
        key,
        literalFromJson(of.value, inner, join(place, key)),
      ]);
      return create(LiteralSchema, {
        value: { case: 'map', value: { literals: Object.fromEntries(literals) } },
      });
    }
    case 'unionType':
      return unionFromJson(of.value.variants, type, value, place);
    case 'blob':
    case 'structuredDatasetType':
      if (typeof value === 'string' && value !== '') return reference(of, value);
      throw mismatch(place, 'has to be an address in a storage');
    default:
      throw mismatch(place, `is of a type (${typeText(type)}) that can’t be entered here`);
  }
}

function simpleFromJson(
  simple: SimpleType,
  type: LiteralType | undefined,
  value: Json,
  place: string,
): Literal {
  switch (simple) {
    case SimpleType.INTEGER: {
      const whole = typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value));
      if (!whole) throw wanted(place, type);
      const integer = BigInt(value);
      if (integer > LARGEST || integer < -LARGEST - 1n) throw mismatch(place, 'does not fit into 64 bits');
      return primitive({ case: 'integer', value: integer });
    }
    case SimpleType.FLOAT:
      if (typeof value === 'number' || typeof value === 'bigint')
        return primitive({ case: 'floatValue', value: Number(value) });
      if (value === 'NaN' || value === 'Infinity' || value === '-Infinity')
        return primitive({ case: 'floatValue', value: Number(value) });
      break;
    case SimpleType.STRING:
      if (typeof value === 'string') return text(value);
      break;
    case SimpleType.BOOLEAN:
      if (typeof value === 'boolean') return primitive({ case: 'boolean', value });
      break;
    case SimpleType.DATETIME: {
      const time = typeof value === 'string' ? parseInstant(value) : undefined;
      if (time !== undefined)
        return scalar({ case: 'primitive', value: { value: { case: 'datetime', value: time } } });
      throw mismatch(place, 'has to be a date and time, such as 2026-01-31T12:00:00Z');
    }
    case SimpleType.DURATION: {
      const length =
        typeof value === 'string' || typeof value === 'number' ? parseDuration(String(value)) : undefined;
      if (length !== undefined)
        return scalar({ case: 'primitive', value: { value: { case: 'duration', value: length } } });
      throw mismatch(place, 'has to be a length of time, such as 1h 30m or 45s');
    }
    case SimpleType.NONE:
      if (value === null) return none();
      break;
    case SimpleType.STRUCT: {
      if (!isObject(value) && !Array.isArray(value)) throw wanted(place, type);
      const problem = checkSchema(type?.metadata, value);
      if (problem !== undefined) throw mismatch(join(place, problem.place), problem.message);
      return scalar({
        case: 'binary',
        value: { value: encode(value, { useBigInt64: true }), tag: 'msgpack' },
      });
    }
    default:
      throw mismatch(place, `is of a type (${typeText(type)}) that can’t be entered here`);
  }
  throw wanted(place, type);
}

/** The first of the possible types that the value has. */
function unionFromJson(
  variants: LiteralType[],
  type: LiteralType | undefined,
  value: Json,
  place: string,
): Literal {
  for (const variant of variants) {
    try {
      const inner = literalFromJson(variant, value, place);
      return scalar({ case: 'union', value: { value: inner, type: variant } });
    } catch (error) {
      if (!(error instanceof TypeMismatch)) throw error;
      const others = variants.filter((other) => !isNoneType(other));
      // With one real type its complaint says more than "none of these".
      if (others.length === 1 && variant === others[0] && value !== null) throw error;
    }
  }
  throw wanted(place, type);
}

/** Whether the only value of the type is "nothing". */
export function isNoneType(type: LiteralType): boolean {
  return type.type.case === 'simple' && type.type.value === SimpleType.NONE;
}

function reference(
  of: Extract<LiteralType['type'], { case: 'blob' | 'structuredDatasetType' }>,
  uri: string,
): Literal {
  return of.case === 'blob'
    ? scalar({ case: 'blob', value: { uri, metadata: { type: of.value } } })
    : scalar({ case: 'structuredDataset', value: { uri, metadata: { structuredDatasetType: of.value } } });
}

function parseInstant(value: string): { seconds: bigint; nanos: number } | undefined {
  const match =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?\s*(Z|[+-]\d\d:?\d\d)?)?$/i.exec(
      value.trim(),
    );
  if (match === null) return undefined;
  const [, day, time = '00:00', fraction = '', zone = 'Z'] = match;
  const ms = Date.parse(`${day}T${time.length === 5 ? `${time}:00` : time}${zone.toUpperCase()}`);
  if (Number.isNaN(ms)) return undefined;
  return { seconds: BigInt(ms / 1000), nanos: Number(fraction.padEnd(9, '0')) };
}

function text(value: string): Literal {
  return primitive({ case: 'stringValue', value });
}

function isObject(value: Json): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function join(place: string, key: string): string {
  return place === '' || key === '' ? place + key : `${place}.${key}`;
}

function wanted(place: string, type: LiteralType | undefined): TypeMismatch {
  return mismatch(place, `has to be of type ${typeText(type)}`);
}

function mismatch(place: string, message: string): TypeMismatch {
  return new TypeMismatch(place === '' ? `It ${message}.` : `${place} ${message}.`);
}
