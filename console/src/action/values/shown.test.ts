import { create } from '@bufbuild/protobuf';
import { encode } from '@msgpack/msgpack';
import { expect, it } from 'vitest';
import { LiteralSchema } from '../../../../src/gen/flyteidl2/core/literals_pb.js';
import { SimpleType } from '../../../../src/gen/flyteidl2/core/types_pb.js';
import { none, primitive, scalar } from '../../run/form/literal.ts';
import { shownOf, sizeText, toCopy } from './shown.ts';

it('shows simple values as Python says them', () => {
  expect(shownOf(primitive({ case: 'boolean', value: true }))).toMatchObject({ text: 'True' });
  expect(shownOf(primitive({ case: 'integer', value: 12345678901234567890n }))).toMatchObject({
    text: '12345678901234567890',
  });
  expect(shownOf(primitive({ case: 'floatValue', value: 3 }))).toMatchObject({ text: '3.0' });
  expect(shownOf(primitive({ case: 'floatValue', value: -Infinity }))).toMatchObject({ text: '-inf' });
  expect(shownOf(primitive({ case: 'stringValue', value: '' }))).toEqual({ kind: 'text', text: '' });
  expect(shownOf(none())).toEqual({ kind: 'none' });
  expect(shownOf(undefined)).toEqual({ kind: 'none' });
});

it('looks through unions and into lists, dicts and what msgpack packs', () => {
  const union = scalar({ case: 'union', value: { value: primitive({ case: 'stringValue', value: 'x' }) } });
  const list = create(LiteralSchema, { value: { case: 'collection', value: { literals: [union, none()] } } });
  expect(shownOf(list)).toEqual({ kind: 'list', items: [{ kind: 'text', text: 'x' }, { kind: 'none' }] });
  const packed = scalar({
    case: 'binary',
    value: { tag: 'msgpack', value: encode({ x: 1.5, tags: ['a'], raw: new Uint8Array(3) }) },
  });
  expect(shownOf(packed)).toEqual({
    kind: 'object',
    entries: [
      ['x', { kind: 'word', text: '1.5', tone: 'number' }],
      ['tags', { kind: 'list', items: [{ kind: 'text', text: 'a' }] }],
      ['raw', { kind: 'binary', size: 3, tag: '' }],
    ],
  });
});

it('says what lies elsewhere, what it is and how large', () => {
  const dataframe = scalar({
    case: 'structuredDataset',
    value: {
      uri: 's3://b/x',
      metadata: {
        structuredDatasetType: {
          format: 'parquet',
          columns: [{ name: 'id', literalType: { type: { case: 'simple', value: SimpleType.INTEGER } } }],
        },
      },
    },
  });
  expect(shownOf(dataframe)).toMatchObject({
    what: 'dataframe',
    format: 'parquet',
    columns: [['id', 'int']],
  });
  const offloaded = create(LiteralSchema, {
    value: { case: 'offloadedMetadata', value: { uri: 's3://b/y', sizeBytes: 2_500_000n } },
  });
  expect(shownOf(offloaded)).toMatchObject({ what: 'value', uri: 's3://b/y', size: 2_500_000 });
  expect(toCopy(offloaded)).toBe('s3://b/y');
});

it('keeps bytes that can’t be read as bytes', () => {
  const broken = scalar({ case: 'binary', value: { tag: 'msgpack', value: new Uint8Array([0xc1]) } });
  expect(shownOf(broken)).toEqual({ kind: 'binary', size: 1, tag: 'msgpack' });
});

it('writes sizes', () => {
  expect([0, 1, 999, 1200, 123_456, 2_500_000, 7.2e13].map(sizeText)).toEqual([
    '0 bytes',
    '1 byte',
    '999 bytes',
    '1.2 kB',
    '123 kB',
    '2.5 MB',
    '72.0 TB',
  ]);
});
