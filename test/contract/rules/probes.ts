/** For each kind of rule: values at its bound that keep it, and the nearest ones that break it. */
import { create, type DescField, type Message } from '@bufbuild/protobuf';
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import { type Duration, DurationSchema } from '@bufbuild/protobuf/wkt';
import type { FieldRules } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { itemsFor } from './sample.ts';
import { allowedNumbers, plusOne } from './values.ts';

/** What to put in a field (a list of items where it is a list or a map), and the id of the violation. */
export interface Probe {
  kept: unknown[];
  /** Empty only where no value of the type can break the rule, such as `gte: 0` of an unsigned number. */
  broken: unknown[];
  ruleId: string;
}

type Rules = NonNullable<FieldRules>;

/** Values for one rule, such as `string.max_len`, of which `limit` is the value. Throws for an unknown kind. */
export function probeFor(kind: string, field: DescField, rules: Rules, limit: unknown): Probe {
  const make = makers[kind];
  if (!make) throw new Error(`${field}: nobody knows how to break a rule of kind ${kind}`);
  return { ruleId: kind, ...make({ field, rules, limit }) };
}

interface Input {
  field: DescField;
  rules: Rules;
  limit: unknown;
}

const makers: Record<string, (input: Input) => Omit<Probe, 'ruleId'> & { ruleId?: string }> = {
  'string.min_len': ({ limit }) => ({ kept: [letters(limit)], broken: [letters(limit, -1)] }),
  'string.max_len': ({ limit }) => ({ kept: [letters(limit)], broken: [letters(limit, 1)] }),
  'string.pattern': () => ({ kept: ['a'], broken: ['!'] }),
  'string.uri': () => ({ kept: ['https://example.test/a?b=c'], broken: ['not a uri', '/relative'] }),
  'bytes.len': ({ limit }) => ({ kept: [bytes(limit)], broken: [bytes(limit, -1), bytes(limit, 1)] }),
  'uint32.gt': above,
  'uint64.gt': above,
  'uint32.gte': atLeast,
  'uint64.gte': atLeast,
  'int32.gte': atLeast,
  'double.gte': atLeast,
  'uint32.lte': ({ limit }) => ({ kept: [limit], broken: [plusOne(number(limit))] }),
  'duration.gte': (input) => ({ ...durations(input, -1), ruleId: durationRuleId(input.rules) }),
  'duration.lte': (input) => ({ ...durations(input, 1), ruleId: durationRuleId(input.rules) }),
  'enum.defined_only': ({ field }) => {
    const numbers = allowedNumbers(field, undefined);
    return { kept: numbers, broken: [Math.max(...numbers) + 1, -1] };
  },
  'enum.in': ({ field, rules }) => {
    const kept = allowedNumbers(field, rules);
    return { kept, broken: allowedNumbers(field, undefined).filter((value) => !kept.includes(value)) };
  },
  'enum.not_in': ({ field, rules }) => {
    const kept = allowedNumbers(field, rules);
    return { kept, broken: allowedNumbers(field, undefined).filter((value) => !kept.includes(value)) };
  },
  'repeated.min_items': ({ field, limit }) => ({
    kept: [itemsFor(field, Number(limit))],
    broken: [itemsFor(field, Number(limit) - 1)],
  }),
  'repeated.max_items': mostItems,
  'map.max_pairs': mostItems,
  'repeated.unique': ({ field }) => {
    const [one, two] = itemsFor(field, 2);
    return { kept: [[one, two]], broken: [[one, one]] };
  },
};

function letters(length: unknown, difference = 0): string {
  return 'a'.repeat(Number(length) + difference);
}

function bytes(length: unknown, difference = 0): Uint8Array {
  return new Uint8Array(Number(length) + difference);
}

function number(limit: unknown): number | bigint {
  if (typeof limit === 'number' || typeof limit === 'bigint') return limit;
  throw new Error(`${limit} is no number`);
}

function above({ limit }: Input): Omit<Probe, 'ruleId'> {
  return { kept: [plusOne(number(limit))], broken: [limit] };
}

function atLeast({ rules, limit }: Input): Omit<Probe, 'ruleId'> {
  const unsigned = rules.type.case === 'uint32' || rules.type.case === 'uint64';
  if (unsigned && Number(limit) === 0) return { kept: [limit], broken: [] };
  const least = number(limit);
  return { kept: [limit], broken: [typeof least === 'bigint' ? least - 1n : least - 1] };
}

function mostItems({ field, limit }: Input): Omit<Probe, 'ruleId'> {
  const most = Number(limit);
  return { kept: [itemsFor(field, most)], broken: [itemsFor(field, most + 1)] };
}

/** The bound, and a nanosecond beyond it. */
function durations({ limit }: Input, nanos: 1 | -1): Omit<Probe, 'ruleId'> {
  const { seconds, nanos: fraction } = (limit as ReflectMessage).message as Message & Duration;
  if (fraction !== 0) throw new Error('a bound in fractions of a second has no probe');
  // Seconds and nanoseconds must not differ in sign.
  const beyond =
    nanos === -1 && seconds > 0n ? { seconds: seconds - 1n, nanos: 999_999_999 } : { seconds, nanos };
  return {
    kept: [reflect(DurationSchema, create(DurationSchema, { seconds }))],
    broken: [reflect(DurationSchema, create(DurationSchema, beyond))],
  };
}

/** Two bounds are one rule for protovalidate. */
function durationRuleId(rules: Rules): string {
  if (rules.type.case !== 'duration') throw new Error('no rules for a duration');
  const { greaterThan, lessThan } = rules.type.value;
  return `duration.${[greaterThan.case, lessThan.case].filter(Boolean).join('_')}`;
}
