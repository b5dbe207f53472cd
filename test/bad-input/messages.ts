import { create, type DescField, type DescMessage, type Message, ScalarType } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { PLACE } from '../rpc/requests.ts';

/** Names that exist, so that messages get past the first look-up. */
export interface Known {
  readonly runs: readonly string[];
  readonly actions: readonly string[];
}

const NASTY = [
  '',
  '\u0000',
  'a\u0000b',
  '\u001f',
  '\u007f',
  'é',
  '😀'.repeat(20),
  "'; drop table runs; --",
  '%_\\',
  '../..',
  '/',
  'x'.repeat(256),
  'x'.repeat(10_000),
  '\uffff',
  '{"a":1}',
  '1e400',
];
const INTS = [0, 1, 2, 3, 7, 100, 1000, 1001, 2 ** 31 - 1];
const SIGNED = [...INTS, -1, -(2 ** 31)];
const UNSIGNED = [...INTS, 2 ** 32 - 1];
const BIG = [0n, 1n, 1000n, 2n ** 53n, 2n ** 63n - 1n];

/** Fields by their name that a random text would never get past. */
function known(field: DescField, names: Known): string[] {
  switch (field.name) {
    case 'org':
    case 'organization':
      return [PLACE.org];
    case 'domain':
      return [PLACE.domain];
    case 'project':
      return [PLACE.project];
    case 'name':
      if (field.parent.name === 'ProjectIdentifier') return [PLACE.project];
      return field.parent.name === 'RunIdentifier' ? [...names.runs] : [...names.runs, ...names.actions];
    case 'parent':
    case 'parent_name':
    case 'parent_action_name':
      return [...names.actions];
    case 'id':
      return [PLACE.project];
    default:
      return [];
  }
}

function scalar(field: DescField, type: ScalarType, names: Known): fc.Arbitrary<unknown> {
  switch (type) {
    case ScalarType.STRING: {
      const good = known(field, names);
      const random = fc.oneof(
        fc.constantFrom(...NASTY),
        fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.toWellFormed()),
      );
      if (good.length === 0) return random;
      return fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: random });
    }
    case ScalarType.BYTES:
      return fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 16, maxLength: 16 }));
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.FLOAT:
      return fc.float();
    case ScalarType.DOUBLE:
      return fc.double();
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return fc.constantFrom(...BIG, -1n, -(2n ** 63n));
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return fc.constantFrom(...BIG, 2n ** 64n - 1n);
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return fc.constantFrom(...UNSIGNED);
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return fc.constantFrom(...SIGNED);
  }
}

function enumNumber(field: DescField & { enum: { values: { number: number }[] } }): fc.Arbitrary<number> {
  const numbers = field.enum.values.map((value) => value.number);
  return fc.oneof(
    { weight: 10, arbitrary: fc.constantFrom(...numbers) },
    { weight: 1, arbitrary: fc.constantFrom(99, -1, 2 ** 31 - 1, -(2 ** 31)) },
  );
}

/** Times and durations within their bounds (mostly) and outside of them. */
const instants = fc.record({
  seconds: fc.oneof(
    { weight: 8, arbitrary: fc.bigInt(1_500_000_000n, 2_000_000_000n) },
    fc.constantFrom(-62_135_596_800n, 253_402_300_799n, 253_402_300_800n, -62_135_596_801n, 2n ** 63n - 1n),
  ),
  nanos: fc.oneof({ weight: 8, arbitrary: fc.nat(999_999_999) }, fc.constantFrom(-1, 1_000_000_000)),
});

function value(field: DescField, names: Known, depth: number): fc.Arbitrary<unknown> | undefined {
  switch (field.fieldKind) {
    case 'scalar':
      return scalar(field, field.scalar, names);
    case 'enum':
      return enumNumber(field);
    case 'message':
      return anyMessage(field.message, names, depth - 1);
    case 'list': {
      const item =
        field.listKind === 'scalar'
          ? scalar(field, field.scalar, names)
          : field.listKind === 'enum'
            ? enumNumber(field)
            : anyMessage(field.message, names, depth - 1);
      return item && fc.array(item, { maxLength: 3 });
    }
    case 'map': {
      const item =
        field.mapKind === 'scalar'
          ? scalar(field, field.scalar, names)
          : field.mapKind === 'enum'
            ? enumNumber(field)
            : anyMessage(field.message, names, depth - 1);
      const key = scalar(field, field.mapKey, names).map(String);
      return item && fc.dictionary(key, item, { maxKeys: 3 });
    }
  }
}

/**
 * Messages of a type, every field set or not. What identifies something is mostly set and mostly names what exists, so
 * that requests reach what is behind the first checks.
 */
export function anyMessage(desc: DescMessage, names: Known, depth = 6): fc.Arbitrary<Message> | undefined {
  if (depth <= 0) return undefined;
  const memoized = memo(names);
  const key = `${desc.typeName} ${depth}`;
  let found = memoized.get(key);
  if (found === undefined) {
    found = make(desc, names, depth);
    memoized.set(key, found);
  }
  return found;
}

const memos = new WeakMap<Known, Map<string, fc.Arbitrary<Message>>>();

function memo(names: Known): Map<string, fc.Arbitrary<Message>> {
  const found = memos.get(names) ?? new Map<string, fc.Arbitrary<Message>>();
  memos.set(names, found);
  return found;
}

function make(desc: DescMessage, names: Known, depth: number): fc.Arbitrary<Message> {
  if (desc.typeName === 'google.protobuf.Timestamp' || desc.typeName === 'google.protobuf.Duration')
    return instants.map((fields) => create(desc, fields));
  const likely = /Identifier$/.test(desc.name) || depth >= 5 ? 12 : 1;
  const parts: Record<string, fc.Arbitrary<unknown>> = {};
  for (const member of desc.members) {
    if (member.kind === 'field') {
      const arbitrary = value(member, names, depth);
      if (arbitrary) parts[member.localName] = fc.option(arbitrary, { nil: undefined, freq: likely });
    } else {
      const cases = member.fields.flatMap((field) => {
        const arbitrary = value(field, names, depth);
        return arbitrary ? [arbitrary.map((chosen) => ({ case: field.localName, value: chosen }))] : [];
      });
      if (cases.length > 0)
        parts[member.localName] = fc.option(fc.oneof(...cases), { nil: undefined, freq: likely });
    }
  }
  return fc.record(parts).map((fields) => create(desc, fields as never));
}
