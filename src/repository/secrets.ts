import type { Db } from './dialects/dialect.ts';
import type { Row } from './schema.ts';

/** A secret as it is stored: `value` is encrypted. */
export type SecretRow = Row<'secrets'>;

/** A secret without its value. */
export type SecretInfoRow = Omit<SecretRow, 'value'>;

type Key = Pick<SecretRow, 'org_key' | 'project' | 'domain' | 'name'>;

const INFO = ['org_key', 'org', 'project', 'domain', 'name', 'type', 'created_at', 'updated_at'] as const;

/** Adds a secret; false if there already is one of that key, which then stays as it is. */
export async function insertSecret(db: Db, row: SecretRow): Promise<boolean> {
  const inserted = await db
    .insertInto('secrets')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .returning('name')
    .executeTakeFirst();
  return inserted !== undefined;
}

/** Replaces the value of a secret; false if there is none. */
export async function updateSecret(
  db: Db,
  key: Key,
  change: Pick<SecretRow, 'type' | 'value' | 'updated_at'>,
): Promise<boolean> {
  const updated = await db
    .updateTable('secrets')
    .set(change)
    .where('org_key', '=', key.org_key)
    .where('project', '=', key.project)
    .where('domain', '=', key.domain)
    .where('name', '=', key.name)
    .returning('name')
    .executeTakeFirst();
  return updated !== undefined;
}

/** Removes a secret; false if there is none. */
export async function deleteSecret(db: Db, key: Key): Promise<boolean> {
  const deleted = await db
    .deleteFrom('secrets')
    .where('org_key', '=', key.org_key)
    .where('project', '=', key.project)
    .where('domain', '=', key.domain)
    .where('name', '=', key.name)
    .returning('name')
    .executeTakeFirst();
  return deleted !== undefined;
}

/** One secret without its value, or undefined. */
export async function findSecret(db: Db, key: Key): Promise<SecretInfoRow | undefined> {
  return await db
    .selectFrom('secrets')
    .select(INFO)
    .where('org_key', '=', key.org_key)
    .where('project', '=', key.project)
    .where('domain', '=', key.domain)
    .where('name', '=', key.name)
    .executeTakeFirst();
}

/** One page of secrets of an organization, by project, domain and name. */
export interface SecretQuery {
  readonly orgKey: string;
  /** Undefined: whatever they are. */
  readonly project?: string | undefined;
  readonly domain?: string | undefined;
  /** The last secret of the page before. */
  readonly after?: Omit<Key, 'org_key'> | undefined;
  readonly limit: number;
}

/** The first `limit` secrets after the given one, without their values. */
export async function listSecrets(db: Db, query: SecretQuery): Promise<SecretInfoRow[]> {
  const { project, domain, after } = query;
  let select = db.selectFrom('secrets').select(INFO).where('org_key', '=', query.orgKey);
  if (project !== undefined) select = select.where('project', '=', project);
  if (domain !== undefined) select = select.where('domain', '=', domain);
  if (after !== undefined) {
    select = select.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('project', 'domain', 'name'), '>', tuple(after.project, after.domain, after.name)),
    );
  }
  return await select.orderBy('project').orderBy('domain').orderBy('name').limit(query.limit).execute();
}

/** The secrets of some names that a project in a domain can see, with their values: its own, its domain's and its organization's. */
export async function visibleSecrets(
  db: Db,
  { org_key, project, domain }: Omit<Key, 'name'>,
  names: readonly string[],
): Promise<SecretRow[]> {
  if (names.length === 0) return [];
  return await db
    .selectFrom('secrets')
    .selectAll()
    .where('org_key', '=', org_key)
    .where('name', 'in', [...names])
    .where('domain', 'in', [domain, ''])
    .where('project', 'in', [project, ''])
    .execute();
}

/** Whether any secret is stored. */
export async function anySecret(db: Db): Promise<boolean> {
  return (await db.selectFrom('secrets').select('name').limit(1).executeTakeFirst()) !== undefined;
}
