import { type ExpressionWrapper, type SqlBool, expressionBuilder, sql } from 'kysely';
import type { Instant } from '../runs/instant.ts';
import type { Db } from './dialects/dialect.ts';
import type { Database, Row } from './schema.ts';

/** A project as it is stored. */
export type ProjectRow = Row<'projects'>;

/** What identifies a project: `org_key` is empty where organizations are shared. */
export type ProjectKey = Pick<ProjectRow, 'org_key' | 'id'>;

/** What an update replaces. */
export type ProjectChange = Pick<ProjectRow, 'name' | 'description' | 'labels' | 'state' | 'updated_at'>;

/** Columns that lists can be filtered by; `state` is compared as a number, times as Instants. */
export type ProjectFilterColumn = 'id' | 'name' | 'description' | 'state' | 'created_at' | 'updated_at';

/** Columns that lists can be ordered by. */
export type ProjectOrderColumn = 'id' | 'name' | 'created_at' | 'updated_at';

/** One condition; a list answers the projects that meet all of them. */
export type ProjectFilter =
  | { column: ProjectFilterColumn; operator: '=' | '!=' | '<' | '<=' | '>' | '>='; value: string | number }
  | { column: ProjectFilterColumn; operator: 'in'; values: readonly (string | number)[] }
  | { column: 'id' | 'name' | 'description'; operator: 'contains'; value: string };

/** One page of a list. */
export interface ProjectQuery {
  readonly orgKey: string;
  readonly filters: readonly ProjectFilter[];
  /** Ties are broken by id, ascending. */
  readonly order: { readonly column: ProjectOrderColumn; readonly descending: boolean };
  /** The last project of the page before: its value in the ordering column, and its id. */
  readonly after?: { readonly value: string; readonly id: string } | undefined;
  readonly limit: number;
}

/** Adds a project; false if there already is one of that key, which then stays as it is. */
export async function insertProject(db: Db, row: ProjectRow): Promise<boolean> {
  const inserted = await db
    .insertInto('projects')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  return inserted !== undefined;
}

/** Replaces what can change about a project; false if there is none. */
export async function updateProject(db: Db, key: ProjectKey, change: ProjectChange): Promise<boolean> {
  const updated = await db
    .updateTable('projects')
    .set(change)
    .where('org_key', '=', key.org_key)
    .where('id', '=', key.id)
    .returning('id')
    .executeTakeFirst();
  return updated !== undefined;
}

/** One project, or undefined. */
export async function findProject(db: Db, key: ProjectKey): Promise<ProjectRow | undefined> {
  return await db
    .selectFrom('projects')
    .selectAll()
    .where('org_key', '=', key.org_key)
    .where('id', '=', key.id)
    .executeTakeFirst();
}

/** The first `limit` projects after the given one that meet all filters, in the given order. */
export async function listProjects(db: Db, query: ProjectQuery): Promise<ProjectRow[]> {
  const { column, descending } = query.order;
  let select = db.selectFrom('projects').selectAll().where('org_key', '=', query.orgKey);
  for (const filter of query.filters) select = select.where(condition(filter));
  if (query.after) select = select.where(beyond(query.order, query.after));
  return await select
    .orderBy(column, descending ? 'desc' : 'asc')
    .orderBy('id', 'asc')
    .limit(query.limit)
    .execute();
}

type Condition = ExpressionWrapper<Database, 'projects', SqlBool>;

function condition(filter: ProjectFilter): Condition {
  const eb = expressionBuilder<Database, 'projects'>();
  switch (filter.operator) {
    case 'in':
      return eb(filter.column, 'in', [...filter.values]);
    case 'contains':
      // Unlike LIKE this has no wildcards, and both databases read it the same: with the text cut out, something is missing.
      return eb(
        sql<string>`replace(${eb.ref(filter.column)}, ${filter.value}, '')`,
        '!=',
        eb.ref(filter.column),
      );
    default:
      return eb(filter.column, filter.operator, filter.value);
  }
}

function beyond(order: ProjectQuery['order'], after: { value: Instant | string; id: string }): Condition {
  const eb = expressionBuilder<Database, 'projects'>();
  const past = eb(order.column, order.descending ? '<' : '>', after.value);
  return eb.or([past, eb.and([eb(order.column, '=', after.value), eb('id', '>', after.id)])]);
}
