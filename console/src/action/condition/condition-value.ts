import type { MessageInitShape } from '@bufbuild/protobuf';
import { type LiteralType, SimpleType } from '../../../../src/gen/flyteidl2/core/types_pb.js';
import type { EventPayloadSchema } from '../../../../src/gen/flyteidl2/workflow/run_service_pb.js';

/** The kinds of values that a signal can carry. */
export type ValueKind = 'bool' | 'int' | 'float' | 'str';

const KINDS: Readonly<Record<number, ValueKind>> = {
  [SimpleType.BOOLEAN]: 'bool',
  [SimpleType.INTEGER]: 'int',
  [SimpleType.FLOAT]: 'float',
  [SimpleType.STRING]: 'str',
};

/** What a condition waits for; undefined if any value will do, `other` if no signal can carry it. */
export function kindOf(type: LiteralType | undefined): ValueKind | 'other' | undefined {
  if (type?.type.case === undefined) return undefined;
  return (type.type.case === 'simple' ? KINDS[type.type.value] : undefined) ?? 'other';
}

type Payload = NonNullable<MessageInitShape<typeof EventPayloadSchema>['value']>;

const MOST = 2n ** 63n - 1n;
const LEAST = -(2n ** 63n);

/** The value that was entered, as a signal carries it, or what is wrong with it. */
export function payloadOf(kind: ValueKind, text: string): { payload: Payload } | { problem: string } {
  switch (kind) {
    case 'bool':
      if (text === '') return { problem: 'Choose True or False.' };
      return { payload: { case: 'boolValue', value: text === 'true' } };
    case 'int': {
      const trimmed = text.trim().replaceAll('_', '');
      if (!/^[+-]?\d+$/.test(trimmed)) return { problem: 'It has to be a whole number.' };
      const value = BigInt(trimmed.replace(/^\+/, ''));
      if (value > MOST || value < LEAST)
        return { problem: 'The number is too large: it has to fit into 64 bits.' };
      return { payload: { case: 'intValue', value } };
    }
    case 'float': {
      const trimmed = text.trim();
      if (/^[+-]?(inf|infinity)$/i.test(trimmed))
        return {
          payload: { case: 'floatValue', value: trimmed.startsWith('-') ? -Infinity : Infinity },
        };
      if (/^nan$/i.test(trimmed)) return { payload: { case: 'floatValue', value: Number.NaN } };
      if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed))
        return { problem: 'It has to be a number.' };
      return { payload: { case: 'floatValue', value: Number(trimmed) } };
    }
    case 'str':
      return { payload: { case: 'stringValue', value: text } };
  }
}
