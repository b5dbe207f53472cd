import { CompiledQuery, type Kysely, sql } from 'kysely';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import type { Database } from '../../src/repository/schema.ts';

/** A statement as it reached the database. */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** The dialect, with a reader that remembers what it is asked, and that first does something else. */
export function recording(
  dialect: Dialect,
  before: (statement: Statement) => Promise<void> = async () => {},
): { dialect: Dialect; statements: Statement[] } {
  const statements: Statement[] = [];
  const executor = new Proxy(dialect.reader.getExecutor(), {
    get(target, name) {
      if (name === 'executeQuery') {
        return async (query: CompiledQuery) => {
          const statement = { sql: query.sql, parameters: query.parameters };
          statements.push(statement);
          await before(statement);
          return target.executeQuery(query);
        };
      }
      return bound(target, name);
    },
  });
  const reader = new Proxy(dialect.reader, {
    get: (target, name) => (name === 'getExecutor' ? () => executor : bound(target, name)),
  });
  return { dialect: { ...dialect, reader: reader as Kysely<Database> }, statements };
}

/** A member of an object with private fields, which must not see the proxy as its `this`. */
function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name, target);
  return typeof value === 'function' ? value.bind(target) : value;
}

/**
 * How the database carries a statement out, and (on PostgreSQL, which counts) how many rows its scans touched. With `large` PostgreSQL
 * plans as for tables that are too large to be read as a whole: it does so only if no index serves.
 */
export async function explain(
  dialect: Dialect,
  statement: Statement,
  options: { large?: boolean } = {},
): Promise<{ plan: string; touched: number }> {
  const how = dialect.kind === 'sqlite' ? 'explain query plan' : 'explain (analyze, timing off)';
  const query = CompiledQuery.raw(`${how} ${statement.sql}`, [...statement.parameters]);
  const { rows } = await dialect.reader.transaction().execute(async (db) => {
    if (options.large && dialect.kind === 'postgres') await sql`set local enable_seqscan = off`.execute(db);
    return db.executeQuery<Record<string, unknown>>(query);
  });
  const lines = rows.map((row) => String(row.detail ?? row['QUERY PLAN']));
  const numbers = lines.flatMap((line, i) => {
    const scan = /Scan .*actual rows=(\d+) loops=(\d+)/.exec(line);
    if (!scan || line.includes('Subquery Scan')) return [];
    const removed = /Rows Removed by (?:Filter|Index Recheck): (\d+)/.exec(`${lines[i + 1]} ${lines[i + 2]}`);
    return [Number(scan[1]) * Number(scan[2]) + Number(removed?.[1] ?? 0)];
  });
  return { plan: lines.join('\n'), touched: numbers.reduce((sum, n) => sum + n, 0) };
}

const WHOLE =
  /Seq Scan on (runs|run_labels|actions|run_groups|run_group_people)\b|^SCAN (runs|l|actions|i|r|g)\b/m;

/** Whether a plan reads a whole table of runs, labels, actions or their counts, or a whole index of one. */
export function scansAll(plan: string): boolean {
  // SQLite calls what a subquery answers by the name that the statement gave it.
  const tables = plan.includes('CO-ROUTINE runs\nSEARCH') ? plan.replace(/^SCAN runs$/m, '') : plan;
  return WHOLE.test(tables);
}
