import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import {
  ScopeLevel,
  SettingState,
  SettingsSchema,
} from '../gen/flyteidl2/settings/settings_definition_pb.js';
import { effectiveSettings, levelOf, mergeSettings } from './settings.ts';

const { INHERIT, UNSET, VALUE } = SettingState;
const { ORG, DOMAIN, PROJECT } = ScopeLevel;
type Init = MessageInitShape<typeof SettingsSchema>;

/** Merges what organization, domain and project say. */
const merge = (...levels: Init[]) =>
  mergeSettings(
    levels.map((init, i) => ({ level: i as ScopeLevel, settings: create(SettingsSchema, init) })),
  );
const queue = (state: SettingState, stringValue = ''): Init => ({
  run: { defaultQueue: { state, stringValue } },
});
const variables = (state: SettingState, entries: Record<string, string> = {}): Init => ({
  environmentVariables: { state, mapValue: { entries } },
});

describe('mergeSettings', () => {
  it.each<[string, Init[], object | undefined]>([
    ['nothing', [{}, {}, {}], undefined],
    [
      'a value that is inherited',
      [queue(VALUE, 'a'), queue(INHERIT, 'x'), {}],
      { state: VALUE, stringValue: 'a', scopeLevel: ORG },
    ],
    [
      'a value that is replaced',
      [queue(VALUE, 'a'), queue(VALUE, 'b')],
      { state: VALUE, stringValue: 'b', scopeLevel: DOMAIN },
    ],
    [
      'a value that is taken away',
      [queue(VALUE, 'a'), queue(UNSET)],
      { state: UNSET, stringValue: '', scopeLevel: DOMAIN },
    ],
    [
      'a value after that',
      [queue(VALUE, 'a'), queue(UNSET), queue(VALUE, '')],
      { state: VALUE, stringValue: '', scopeLevel: PROJECT },
    ],
  ])('knows %s', (_, levels, expected) => {
    const leaf = merge(...levels).run?.defaultQueue;
    if (expected === undefined) expect(leaf).toBeUndefined();
    else expect(leaf).toMatchObject(expected);
  });

  it('merges maps key by key, until a level takes them away', () => {
    const [wide, narrow] = [variables(VALUE, { A: '1', B: '1' }), variables(VALUE, { B: '2', C: '2' })];
    expect(merge(wide, {}, narrow).environmentVariables).toMatchObject({
      state: VALUE,
      scopeLevel: PROJECT,
      mapValue: { entries: { A: '1', B: '2', C: '2' } },
    });
    const cleared = merge(wide, variables(UNSET), narrow).environmentVariables;
    expect(cleared?.mapValue?.entries).toEqual({ B: '2', C: '2' });
    expect(merge(wide, variables(UNSET)).environmentVariables).toMatchObject({
      state: UNSET,
      scopeLevel: DOMAIN,
    });
  });

  it('reaches every leaf, and changes no level', () => {
    const settings = create(SettingsSchema, {
      taskResource: {
        min: { cpu: { state: VALUE, quantityValue: '1' } },
        mirrorLimitsRequest: { state: VALUE, boolValue: true },
        defaultAccelerator: { state: VALUE, acceleratorValue: { device: 'nvidia-l4' } },
      },
      podTemplateName: { state: VALUE, stringValue: 't' },
      labels: { state: VALUE, mapValue: { entries: { a: '1' } } },
    });
    const merged = mergeSettings([
      { level: DOMAIN, settings },
      {
        level: PROJECT,
        settings: create(SettingsSchema, { labels: { state: VALUE, mapValue: { entries: { b: '2' } } } }),
      },
    ]);
    expect(merged.taskResource).toMatchObject({
      min: { cpu: { quantityValue: '1', scopeLevel: DOMAIN } },
      mirrorLimitsRequest: { boolValue: true },
      defaultAccelerator: { acceleratorValue: { device: 'nvidia-l4' } },
    });
    expect(merged.podTemplateName?.stringValue).toBe('t');
    expect(settings.labels?.mapValue?.entries).toEqual({ a: '1' });
    expect(settings.podTemplateName?.scopeLevel).toBe(ORG);
  });
});

it('effectiveSettings reads what the service acts on', () => {
  const limit = (state: SettingState, intValue: bigint): Init => ({
    run: { maxActionConcurrency: { state, intValue } },
  });
  const of = (...levels: Init[]) => effectiveSettings(merge(...levels));
  expect(of({})).toEqual({ environmentVariables: {}, maxActionConcurrency: undefined });
  expect(of(limit(VALUE, 5n), variables(VALUE, { A: '1' }))).toEqual({
    environmentVariables: { A: '1' },
    maxActionConcurrency: 5,
  });
  expect(of(limit(VALUE, 5n), limit(VALUE, 0n)).maxActionConcurrency).toBeUndefined();
  expect(of(limit(VALUE, 5n), limit(UNSET, 0n), variables(UNSET)).maxActionConcurrency).toBeUndefined();
});

it('levelOf tells levels by their keys', () => {
  expect(levelOf({ project: '', domain: '' })).toBe(ORG);
  expect(levelOf({ project: '', domain: 'd' })).toBe(DOMAIN);
  expect(levelOf({ project: 'p', domain: 'd' })).toBe(PROJECT);
});
