import { sql } from 'kysely';
import type { Instant } from '../runs/instant.ts';
import type { Db } from './dialects/dialect.ts';
import type { Row } from './schema.ts';
import type { StoredRunKey } from './write/command.ts';

/** Where a result may be found: in the project and domain of the run, or anywhere in its organization. */
export type CacheScope = 'PROJECT_DOMAIN' | 'GLOBAL';

/** The newest result under a key that is not older than `notBefore`, if there is one. */
export async function cacheLookup(
  db: Db,
  run: Pick<StoredRunKey, 'org_key' | 'project' | 'domain'>,
  cacheKey: string,
  options: { scope: CacheScope; notBefore?: Instant | undefined },
): Promise<Row<'task_cache'> | undefined> {
  const where =
    options.scope === 'GLOBAL' ? sql`true` : sql`project = ${run.project} and domain = ${run.domain}`;
  const age = options.notBefore === undefined ? sql`true` : sql`created_at >= ${options.notBefore}`;
  const { rows } = await sql<Row<'task_cache'>>`
    select * from task_cache where org_key = ${run.org_key} and cache_key = ${cacheKey} and ${where} and ${age}
    order by created_at desc limit 1`.execute(db);
  return rows[0];
}
