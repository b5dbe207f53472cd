import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { decode, encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { TypedInterfaceSchema } from '../../../../src/gen/flyteidl2/core/interface_pb.js';
import { type Literal, LiteralSchema } from '../../../../src/gen/flyteidl2/core/literals_pb.js';
import { type LiteralTypeSchema, SimpleType } from '../../../../src/gen/flyteidl2/core/types_pb.js';
import { NamedLiteralSchema } from '../../../../src/gen/flyteidl2/task/common_pb.js';
import { type Field, fieldsOf, read } from './field.ts';
import { primitive, scalar } from './literal.ts';
import { literalToJson } from './to-json.ts';

type Type = MessageInitShape<typeof LiteralTypeSchema>;
const simple = (value: SimpleType): Type => ({ type: { case: 'simple', value } });
const list = (value: Type): Type => ({ type: { case: 'collectionType', value } });
const optional = (value: Type): Type => ({
  type: { case: 'unionType', value: { variants: [value, simple(SimpleType.NONE)] } },
});
const colour: Type = { type: { case: 'enumType', value: { values: ['red', 'green'] } } };
const point: Type = {
  ...simple(SimpleType.STRUCT),
  metadata: {
    title: 'Point',
    properties: { x: { type: 'number' }, tags: { type: 'array', items: { type: 'string' } } },
    required: ['x'],
    additionalProperties: false,
  },
};

describe('fields', () => {
  it.each<[string, Type, string, unknown]>([
    ['int', simple(SimpleType.INTEGER), ' 42 ', 42],
    ['int', simple(SimpleType.INTEGER), '9223372036854775807', 9223372036854775807n],
    ['float', simple(SimpleType.FLOAT), '1e3', 1000],
    ['float', simple(SimpleType.FLOAT), 'NaN', 'NaN'],
    ['str', simple(SimpleType.STRING), '42', '42'],
    ['str', simple(SimpleType.STRING), '', ''],
    ['bool', simple(SimpleType.BOOLEAN), 'true', true],
    ['datetime', simple(SimpleType.DATETIME), '2026-01-31 12:00+02:00', '2026-01-31T10:00:00Z'],
    ['datetime', simple(SimpleType.DATETIME), '2026-01-31T12:00:00.123456Z', '2026-01-31T12:00:00.123456Z'],
    ['duration', simple(SimpleType.DURATION), '1.5h 10s', '1h 30m 10s'],
    ['duration', simple(SimpleType.DURATION), '0.25', '0.25s'],
    ['enum', colour, 'green', 'green'],
    ['list[int]', list(simple(SimpleType.INTEGER)), '[1, 2]', [1, 2]],
    [
      'dict[str, float]',
      { type: { case: 'mapValueType', value: simple(SimpleType.FLOAT) } },
      '{"a": 1}',
      { a: 1 },
    ],
    ['Point', point, '{"x": 1.5, "tags": ["a"]}', { x: 1.5, tags: ['a'] }],
    ['int | None', optional(simple(SimpleType.INTEGER)), '7', 7],
    ['file', { type: { case: 'blob', value: {} } }, 's3://b/k', 's3://b/k'],
  ])('%s: reads what is entered', (typeName, type, entered, json) => {
    const field = fieldOf(type);
    expect(field.typeName).toBe(typeName);
    const result = read(field, entered);
    expect('literal' in result ? literalToJson(result.literal) : result).toEqual(json);
  });

  it.each<[Type, string | undefined, string]>([
    [simple(SimpleType.INTEGER), '1.5', 'It has to be of type int.'],
    [simple(SimpleType.INTEGER), '9223372036854775808', 'It does not fit into 64 bits.'],
    [simple(SimpleType.INTEGER), 'x', 'It has to be of type int.'],
    [simple(SimpleType.INTEGER), undefined, 'A value is needed.'],
    [simple(SimpleType.DATETIME), 'soon', 'It has to be a date and time, such as 2026-01-31T12:00:00Z.'],
    [simple(SimpleType.DURATION), 'long', 'It has to be a length of time, such as 1h 30m or 45s.'],
    [list(simple(SimpleType.INTEGER)), '[1, "b"]', '[1] has to be of type int.'],
    [list(point), '[{"x": "1"}]', '[0].x has to be of type number.'],
    [point, '{"tags": []}', 'x is missing.'],
    [point, '{"x": 1, "y": 2}', 'y is not a field of this type.'],
    [point, '{"x": 1, "tags": [1]}', 'tags[0] has to be of type string.'],
    [colour, 'blue', 'It has to be one of “red”, “green”.'],
    [optional(simple(SimpleType.INTEGER)), 'x', 'It has to be of type int.'],
  ])('refuses what does not have the type', (type, entered, problem) => {
    expect(read(fieldOf(type), entered)).toEqual({ problem });
  });

  it('says that JSON is not valid', () => {
    expect(read(fieldOf(point), '{')).toMatchObject({
      problem: expect.stringMatching(/^It is not valid JSON: /),
    });
  });

  it('shows what was there, and keeps it to the byte where it is not changed', () => {
    const packed = encode({ x: 1, tags: ['a'] });
    const before = scalar({ case: 'binary', value: { value: packed, tag: 'msgpack' } });
    const field = fieldOf(point, before);
    expect(field.initial).toBe('{ "x": 1, "tags": ["a"] }');
    expect(read(field, field.initial)).toEqual({ literal: before });
    const changed = read(field, '{"x": 9007199254740993, "tags": []}');
    expect(unpack('literal' in changed ? changed.literal : undefined)).toEqual({
      x: 9007199254740993n,
      tags: [],
    });
  });

  it('wraps what may be nothing, and nothing itself, in its variant', () => {
    const field = fieldOf(optional(simple(SimpleType.INTEGER)), primitive({ case: 'integer', value: 3n }));
    expect([field.control, field.optional, field.initial]).toEqual(['line', true, '3']);
    for (const [entered, variant] of [
      ['4', SimpleType.INTEGER],
      [undefined, SimpleType.NONE],
    ] as const) {
      const result = read(field, entered);
      const value = 'literal' in result ? result.literal?.value : undefined;
      const union =
        value?.case === 'scalar' && value.value.value.case === 'union' ? value.value.value.value : undefined;
      expect(union?.type?.type).toEqual({ case: 'simple', value: variant });
    }
  });

  it('asks in the order in which values were given, whatever the interface has first', () => {
    const type = simple(SimpleType.INTEGER);
    const variables = ['after', 'day', 'parts'].map((key) => ({ key, value: { type } }));
    const typed = create(TypedInterfaceSchema, { inputs: { variables } });
    const inputs = ['parts', 'after'].map((name) => create(NamedLiteralSchema, { name }));
    expect(fieldsOf(typed, inputs).map(({ name }) => name)).toEqual(['day', 'parts', 'after']);
  });

  it('leaves alone what it can’t show', () => {
    const before = create(LiteralSchema, { value: { case: 'offloadedMetadata', value: { uri: 's3://x' } } });
    const field = fieldOf(list(simple(SimpleType.INTEGER)), before);
    expect(field.control).toBe('kept');
    expect(read(field, undefined)).toEqual({ literal: before });
  });
});

function fieldOf(type: Type, before?: Literal): Field {
  const typed = create(TypedInterfaceSchema, { inputs: { variables: [{ key: 'v', value: { type } }] } });
  const inputs = before === undefined ? [] : [create(NamedLiteralSchema, { name: 'v', value: before })];
  const [field] = fieldsOf(typed, inputs);
  if (field === undefined) throw new Error('no field');
  return field;
}

function unpack(literal: Literal | undefined): unknown {
  const value = literal?.value;
  if (value?.case !== 'scalar' || value.value.value.case !== 'binary') return undefined;
  return decode(value.value.value.value.value, { useBigInt64: true });
}
