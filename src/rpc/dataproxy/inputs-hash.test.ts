import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it, test } from 'vitest';
import { LiteralSchema } from '../../gen/flyteidl2/core/literals_pb.js';
import { InputsSchema } from '../../gen/flyteidl2/task/common_pb.js';
import { sortMaps } from './canonical.ts';
import { inputsHash } from './inputs-hash.ts';

/** Inputs as wire bytes, and the hashes that Flyte's SDK 2.12.1 makes of them: of all, and without `x`. */
const fromSdk = {
  scalars: [
    'CgsKAXgSBgoECgIIAwoNCgF5EggKBgoEGgLDvA==',
    'jH2fvQ0obibszTPdXXVFpV5Hpr6aqHGH1qTgfc8ge8Q=',
    'sMO6rlDwsmdR1LgdCuns/EJen/QDjx0qZ9V7KJUElNQ=',
  ],
  map: [
    'CjwKAW0SNxo1CgsKAWISBgoECgIIAQoLCgE5EgYKBAoCCAEKCwoBYRIGCgQKAggBCgwKAjEwEgYKBAoCCAI=',
    'hVOKLKwB2FuJbSwbDympL/0p835wS0+gUPfTIkftaeE=',
    'hVOKLKwB2FuJbSwbDympL/0p835wS0+gUPfTIkftaeE=',
  ],
  nested: [
    'CjEKAWwSLBIqCgYKBAoCIAEKHBoaCgsKAXoSBgoECgIIAQoLCgFrEgYKBAoCCAEKAhIA',
    'BNpWr+Msz5ubeC4nnfR1oOMIgrygsC6GRaY/4C+Sj+Y=',
    'BNpWr+Msz5ubeC4nnfR1oOMIgrygsC6GRaY/4C+Sj+Y=',
  ],
  'with a hash of their own': [
    'ChMKAWYSDgoHCgUaA2JpZyIDYWJjCiYKAWwSIRIfCg4KBwoFGgNiaWciA2FiYwoNCgsKCREAAAAAAAD4Pw==',
    '3A38WpWXS01mdn1SQ1AyOnkKTJiOySRrd2Q6GdQIm4M=',
    '3A38WpWXS01mdn1SQ1AyOnkKTJiOySRrd2Q6GdQIm4M=',
  ],
} as const;

test.each(Object.entries(fromSdk))('hashes as the SDK does: %s', (_, [bytes, all, withoutX]) => {
  const inputs = fromBinary(InputsSchema, Buffer.from(bytes, 'base64'));
  sortMaps(InputsSchema, inputs);
  expect(inputsHash(inputs, [])).toBe(all);
  expect(inputsHash(inputs, ['x'])).toBe(withoutX);
});

test('no inputs have a hash, too', () => {
  const none = inputsHash(create(InputsSchema), []);
  expect(none).not.toBe('');
  expect(inputsHash(create(InputsSchema, { literals: [{ name: 'x' }] }), ['x'])).toBe(none);
  expect(inputsHash(create(InputsSchema, { literals: [{ name: 'x' }] }), [])).not.toBe(none);
});

describe('sortMaps', () => {
  const bytes = (metadata: Record<string, string>, generic: Record<string, unknown>) => {
    const literal = create(LiteralSchema, {
      value: {
        case: 'collection',
        value: {
          literals: [
            {
              metadata,
              value: { case: 'scalar', value: { value: { case: 'generic', value: generic as never } } },
            },
          ],
        },
      },
    });
    sortMaps(LiteralSchema, literal);
    return Buffer.from(toBinary(LiteralSchema, literal)).toString('hex');
  };

  it('gives the same bytes whatever order maps and JSON were made in', () => {
    expect(bytes({ b: '1', a: '2' }, { y: [{ q: 1, p: null }], x: true })).toBe(
      bytes({ a: '2', b: '1' }, { x: true, y: [{ p: null, q: 1 }] }),
    );
  });

  it('changes nothing else', () => {
    expect(bytes({ a: '1' }, { y: [1, 2] })).not.toBe(bytes({ a: '1' }, { y: [2, 1] }));
    expect(bytes({ a: '1' }, {})).not.toBe(bytes({ a: '2' }, {}));
  });
});
