/** Single values (no lists, maps or messages) that keep a field's rules. */
import { type DescField, ScalarType } from '@bufbuild/protobuf';
import type { FieldRules } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';

/**
 * The `n`th value that keeps the rules: the shortest text, the bound of a number, an allowed member of an enum
 * (the zero value last), something other than the zero value if there are none. Throws for rules that it
 * does not know.
 */
export function valueFor(field: DescField, rules: FieldRules | undefined, n = 0): unknown {
  if (field.enum) return allowedNumber(field, rules, n);
  switch (rules?.type.case) {
    case undefined:
      return plainValue(field, n);
    case 'string': {
      const text = rules.type.value;
      if (text.wellKnown.case === 'uri') return `https://example.test/${n}`;
      return 'a'.repeat(Math.max(1, Number(text.minLen)) + n);
    }
    case 'bytes':
      return new Uint8Array(Number(rules.type.value.len)).fill(n);
    case 'uint32':
    case 'uint64':
    case 'int32':
    case 'double': {
      const { greaterThan, lessThan } = rules.type.value;
      if (greaterThan.value === undefined) return lessThan.value;
      return greaterThan.case === 'gt' ? plusOne(greaterThan.value) : greaterThan.value;
    }
    default:
      throw new Error(`${field}: no value for rules of ${rules?.type.case}`);
  }
}

/** The next higher whole number, of the same JavaScript type. */
export function plusOne(value: number | bigint): number | bigint {
  return typeof value === 'bigint' ? value + 1n : value + 1;
}

/** The numbers of the enum's values that the rules allow, the zero value last. */
export function allowedNumbers(field: DescField, rules: FieldRules | undefined): number[] {
  const type = rules?.type;
  const allowed = (field.enum?.values ?? [])
    .map((value) => value.number)
    .filter((number) => {
      if (type?.case !== 'enum') return true;
      const listed = type.value.in.length === 0 || type.value.in.includes(number);
      return listed && !type.value.notIn.includes(number);
    });
  return [...allowed.filter((number) => number !== 0), ...allowed.filter((number) => number === 0)];
}

function allowedNumber(field: DescField, rules: FieldRules | undefined, n: number): number {
  const number = allowedNumbers(field, rules)[n];
  if (number === undefined) throw new Error(`${field}: the rules allow no ${n + 1} values of its enum`);
  return number;
}

function plainValue(field: DescField, n: number): unknown {
  switch (field.scalar) {
    case ScalarType.STRING:
      return `a${n}`;
    case ScalarType.BYTES:
      return new Uint8Array([n + 1]);
    case ScalarType.BOOL:
      return true;
    case ScalarType.INT64:
    case ScalarType.UINT64:
      return BigInt(n + 1);
    default:
      return n + 1;
  }
}
