import { fromBinary } from '@bufbuild/protobuf';
import { SettingsSchema } from '../gen/flyteidl2/settings/settings_definition_pb.js';
import { type EffectiveSettings, effectiveSettings, levelOf, mergeSettings } from '../runs/settings.ts';
import type { Db } from './dialects/dialect.ts';
import type { Row } from './schema.ts';

/** The settings of one level as they are stored. */
export type SettingsRow = Row<'settings'>;

/** Which level: project and domain are empty where they do not apply. */
export type StoredSettingsKey = Pick<SettingsRow, 'org_key' | 'project' | 'domain'>;

/** Adds the settings of a level; false if there are some, which then stay as they are. */
export async function insertSettings(db: Db, row: SettingsRow): Promise<boolean> {
  const inserted = await db
    .insertInto('settings')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .returning('version')
    .executeTakeFirst();
  return inserted !== undefined;
}

/** Replaces the settings of a level if they have the version that the change is based on; false if not. */
export async function replaceSettings(
  db: Db,
  key: StoredSettingsKey,
  basedOn: number,
  change: Pick<SettingsRow, 'settings' | 'updated_at'>,
): Promise<boolean> {
  const updated = await db
    .updateTable('settings')
    .set({ ...change, version: basedOn + 1 })
    .where('org_key', '=', key.org_key)
    .where('project', '=', key.project)
    .where('domain', '=', key.domain)
    .where('version', '=', basedOn)
    .returning('version')
    .executeTakeFirst();
  return updated !== undefined;
}

/** The version of the settings of a level, or undefined if there are none. */
export async function settingsVersion(db: Db, key: StoredSettingsKey): Promise<number | undefined> {
  const row = await db
    .selectFrom('settings')
    .select('version')
    .where('org_key', '=', key.org_key)
    .where('project', '=', key.project)
    .where('domain', '=', key.domain)
    .executeTakeFirst();
  return row?.version;
}

/** The stored levels that apply, the widest first: those of the organization, of the domain, and of the project in that domain. */
export async function settingsLevels(
  db: Db,
  { org_key, project, domain }: StoredSettingsKey,
): Promise<SettingsRow[]> {
  const rows = await db
    .selectFrom('settings')
    .selectAll()
    .where('org_key', '=', org_key)
    .where('domain', 'in', [domain, ''])
    .where('project', 'in', [project, ''])
    .execute();
  return rows.sort((a, b) => levelOf(a) - levelOf(b));
}

/** What the settings of an organization, a domain and a project together mean for runs in that project and domain. */
export async function resolveSettings(db: Db, key: StoredSettingsKey): Promise<EffectiveSettings> {
  const rows = await settingsLevels(db, key);
  return effectiveSettings(
    mergeSettings(
      rows.map((row) => ({ level: levelOf(row), settings: fromBinary(SettingsSchema, row.settings) })),
    ),
  );
}
