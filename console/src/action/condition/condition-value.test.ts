import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { LiteralTypeSchema, SimpleType } from '../../../../src/gen/flyteidl2/core/types_pb.js';
import { kindOf, payloadOf } from './condition-value.ts';

const simple = (value: SimpleType) => create(LiteralTypeSchema, { type: { case: 'simple', value } });

it('knows what a signal can carry', () => {
  expect(
    [SimpleType.BOOLEAN, SimpleType.INTEGER, SimpleType.FLOAT, SimpleType.STRING].map(simple).map(kindOf),
  ).toEqual(['bool', 'int', 'float', 'str']);
  expect(kindOf(simple(SimpleType.DATETIME))).toBe('other');
  expect(kindOf(undefined)).toBeUndefined();
  expect(kindOf(create(LiteralTypeSchema))).toBeUndefined();
});

it('reads whole numbers of 64 bits exactly', () => {
  expect(payloadOf('int', ' 9223372036854775807 ')).toEqual({
    payload: { case: 'intValue', value: 9223372036854775807n },
  });
  expect(payloadOf('int', '-1_000')).toEqual({ payload: { case: 'intValue', value: -1000n } });
  for (const wrong of ['', '1.5', '1e3', 'ten', '9223372036854775808'])
    expect(payloadOf('int', wrong)).toHaveProperty('problem');
});

it('reads numbers, also those that are none', () => {
  expect(payloadOf('float', '.5')).toEqual({ payload: { case: 'floatValue', value: 0.5 } });
  expect(payloadOf('float', '-1e-3')).toEqual({ payload: { case: 'floatValue', value: -0.001 } });
  expect(payloadOf('float', '-inf')).toEqual({ payload: { case: 'floatValue', value: -Infinity } });
  expect(payloadOf('float', 'nan')).toEqual({ payload: { case: 'floatValue', value: Number.NaN } });
  for (const wrong of ['', '0x10', '1,5', '.']) expect(payloadOf('float', wrong)).toHaveProperty('problem');
});

it('takes a text as it is, and asks for a decision', () => {
  expect(payloadOf('str', '')).toEqual({ payload: { case: 'stringValue', value: '' } });
  expect(payloadOf('bool', 'false')).toEqual({ payload: { case: 'boolValue', value: false } });
  expect(payloadOf('bool', '')).toHaveProperty('problem');
});
