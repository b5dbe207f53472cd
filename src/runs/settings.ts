import { create, type DescField, type DescMessage } from '@bufbuild/protobuf';
import {
  ScopeLevel,
  SettingState,
  type Settings,
  SettingsSchema,
} from '../gen/flyteidl2/settings/settings_definition_pb.js';

/** A leaf of the settings: every kind of setting has these fields, and one for its value. */
export interface Leaf {
  state: SettingState;
  scopeLevel: ScopeLevel;
  [value: string]: unknown;
}

type Group = Record<string, unknown>;

/** What one level (organization, domain or project) sets. */
export interface SettingsLevel {
  readonly level: ScopeLevel;
  readonly settings: Settings;
}

/** Calls back for each leaf that a message of settings has, with its dotted name. */
export function eachLeaf(
  settings: Settings,
  visit: (leaf: Leaf, name: string, field: DescField) => void,
): void {
  walk(SettingsSchema, settings as unknown as Group, '', visit);
}

function walk(
  schema: DescMessage,
  group: Group,
  prefix: string,
  visit: (leaf: Leaf, name: string, field: DescField) => void,
): void {
  for (const field of schema.fields) {
    const value = group[field.localName];
    if (field.fieldKind !== 'message' || value === undefined) continue;
    const name = prefix + field.name;
    if (isLeaf(field.message)) visit(value as Leaf, name, field);
    else walk(field.message, value as Group, `${name}.`, visit);
  }
}

function isLeaf(schema: DescMessage): boolean {
  return schema.field.state?.enum?.typeName === 'flyteidl2.settings.SettingState';
}

/**
 * What holds where several levels apply, the widest first: a value of a narrower level replaces a wider one, maps are merged key by key,
 * UNSET takes away what wider levels said, INHERIT changes nothing. Each leaf says which level decided; what no level decides is absent.
 */
export function mergeSettings(levels: readonly SettingsLevel[]): Settings {
  const merged = create(SettingsSchema);
  for (const { level, settings } of levels) {
    mergeGroup(SettingsSchema, merged as unknown as Group, settings as unknown as Group, level);
  }
  return merged;
}

function mergeGroup(schema: DescMessage, target: Group, source: Group, level: ScopeLevel): void {
  for (const field of schema.fields) {
    const value = source[field.localName];
    if (field.fieldKind !== 'message' || value === undefined) continue;
    if (!isLeaf(field.message)) {
      const inner = (target[field.localName] ?? create(field.message)) as Group;
      target[field.localName] = inner;
      mergeGroup(field.message, inner, value as Group, level);
      continue;
    }
    const leaf = value as Leaf;
    if (leaf.state === SettingState.INHERIT) continue;
    target[field.localName] = mergeLeaf(target[field.localName] as Leaf | undefined, leaf, level);
  }
}

function mergeLeaf(wider: Leaf | undefined, leaf: Leaf, level: ScopeLevel): Leaf {
  const result: Leaf = { ...leaf, scopeLevel: level };
  const entries = entriesOf(leaf);
  if (entries === undefined || leaf.state !== SettingState.VALUE) return result;
  return {
    ...result,
    mapValue: { ...(leaf.mapValue as object), entries: { ...(wider && entriesOf(wider)), ...entries } },
  };
}

function entriesOf(leaf: Leaf): Record<string, string> | undefined {
  return (leaf.mapValue as { entries: Record<string, string> } | undefined)?.entries;
}

/** The settings that this service itself acts on. */
export interface EffectiveSettings {
  readonly environmentVariables: Readonly<Record<string, string>>;
  /** How many actions of a run may run at once; undefined for no limit. */
  readonly maxActionConcurrency: number | undefined;
}

/** Reads out of merged settings what this service acts on. */
export function effectiveSettings(merged: Settings): EffectiveSettings {
  const limit = merged.run?.maxActionConcurrency;
  const variables = merged.environmentVariables;
  return {
    environmentVariables: variables?.state === SettingState.VALUE ? { ...variables.mapValue?.entries } : {},
    maxActionConcurrency:
      limit?.state === SettingState.VALUE && limit.intValue > 0n ? Number(limit.intValue) : undefined,
  };
}

/** The level of a key: project and domain are empty where they do not apply. */
export function levelOf({ project, domain }: { project: string; domain: string }): ScopeLevel {
  if (project !== '') return ScopeLevel.PROJECT;
  return domain !== '' ? ScopeLevel.DOMAIN : ScopeLevel.ORG;
}
