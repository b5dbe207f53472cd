import { pathToString } from '@bufbuild/protobuf/reflect';
import type { Violation } from '@bufbuild/protovalidate';
import { describe, expect, it } from 'vitest';
import { validator } from '../../src/rpc/validator.ts';
import { type RuleCase, ruleCases } from './rules/cases.ts';
import { contractMessages } from './services.ts';

/** How many rules of each kind are published, counted in the published descriptors: none may get lost. */
const published = {
  'bytes.len': 1,
  cel: 1,
  'double.gte': 1,
  'duration.gte': 8,
  'duration.lte': 1,
  'enum.defined_only': 1,
  'enum.not_in': 5,
  ignore: 4,
  'int32.gte': 9,
  'map.keys.string.max_len': 2,
  'map.keys.string.min_len': 2,
  'map.max_pairs': 2,
  'map.values.string.max_len': 2,
  'map.values.string.min_len': 1,
  'message cel': 5,
  'oneof required': 28,
  'repeated.items.enum.in': 1,
  'repeated.items.string.min_len': 1,
  'repeated.max_items': 1,
  'repeated.min_items': 6,
  'repeated.unique': 1,
  required: 113,
  'string.max_len': 44,
  'string.min_len': 89,
  'string.pattern': 5,
  'string.uri': 4,
  'uint32.gt': 11,
  'uint32.gte': 4,
  'uint32.lte': 1,
  'uint64.gt': 1,
  'uint64.gte': 3,
};

function violationsOf({ desc }: RuleCase, message: RuleCase['kept'][number]): Violation[] {
  const result = validator.validate(desc, message);
  if (result.kind === 'error') throw result.error;
  return result.violations ?? [];
}

describe('the published rules', () => {
  const cases = contractMessages().flatMap(ruleCases);

  it('are all there', () => {
    const counts: Record<string, number> = {};
    for (const { kind } of cases) counts[kind] = (counts[kind] ?? 0) + 1;
    expect(counts).toEqual(published);
  });

  it('can all be broken, but for those that no value breaks', () => {
    const unbroken = cases.filter(({ broken }) => broken.length === 0).map(({ kind }) => kind);
    const vacuous = [
      'uint32.gte',
      'uint32.gte',
      'uint32.gte',
      'uint32.gte',
      'uint64.gte',
      'uint64.gte',
      'uint64.gte',
    ];
    expect(unbroken.sort()).toEqual(['ignore', 'ignore', 'ignore', 'ignore', ...vacuous]);
  });

  it.each(
    cases.map((rule) => ({ name: `${rule.desc.typeName}.${rule.member} ${rule.kind} ${rule.ruleId}`, rule })),
  )('$name', ({ rule }) => {
    expect(rule.kept.length).toBeGreaterThan(0);
    for (const message of rule.kept) {
      expect(violationsOf(rule, message).map(String)).toEqual([]);
    }
    for (const { message, path } of rule.broken) {
      const found = violationsOf(rule, message).map(
        (violation) => `${pathToString(violation.field)} ${violation.ruleId}`,
      );
      expect(found).toContain(`${path} ${rule.ruleId}`);
    }
  });
});
