import { type Kysely, sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { up } from '../../migrations/0009-run-groups.ts';
import { postgresTypes, sqliteTypes } from '../../migrations/column-types.ts';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import { openDatabase } from '../../src/repository/open.ts';
import type { GroupScope } from '../../src/repository/read/group-scope.ts';
import { type GroupData, readGroups } from '../../src/repository/read/watch-groups.ts';
import type { Row } from '../../src/repository/schema.ts';
import { abortTree } from '../../src/repository/write/commands/abort.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { updateStatus } from '../../src/repository/write/commands/update-status.ts';
import { foldGroups } from '../../src/repository/write/fold-groups.ts';
import type { GroupCommit } from '../../src/repository/write/group-commit.ts';
import { type Instant, plusMillis } from '../../src/runs/instant.ts';
import type { Phase } from '../../src/runs/phase.ts';
import { at, errorInfo, event, named, newRun, person, personBytes, task } from '../repository/fixtures.ts';
import { type Repository, useRepository } from '../repository/repository.ts';
import { dialects } from '../support/databases.ts';
import { pick, type Random, seeded } from './rows.ts';

const TASKS = ['mod.a', 'mod.b', 'mod.c', 'mod.d'];
const PEOPLE = Array.from({ length: 30 }, (_, i) => `user${i}`);
const STEPS: Phase[] = ['INITIALIZING', 'RUNNING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'];
const MINUTE_MS = 60_000;
const RUNS = 240;

const scope = (start: Instant, end?: Instant): GroupScope => ({
  target: { kind: 'RUN', org_key: '', project: 'p', domain: 'd' },
  start,
  end,
  filters: [],
});

/** Creates runs and changes them at random, each at a later time; some deltas are folded in between, some are not. */
async function storm(
  random: Random,
  repository: Repository,
  writers: readonly GroupCommit[],
  fold: () => Promise<unknown>,
) {
  const { dialect } = repository;
  const names: string[] = [];
  const one = async (writer: GroupCommit): Promise<void> => {
    // Anything from a moment to hours, so that all widths of buckets occur, and several runs in one.
    repository.now = plusMillis(repository.now, Math.floor(random() ** 6 * 400 * MINUTE_MS) + 1);
    if (names.length < RUNS && random() < 0.4) {
      const name = `r${names.length}`;
      names.push(name);
      const retries = random() < 0.3 ? 1 : 0;
      const more = { spec: task(pick(random, TASKS), retries), createdBy: person(pick(random, PEOPLE)) };
      await writer.submit(createRun(newRun(name, more)));
      return;
    }
    if (names.length === 0) return;
    const name = pick(random, names);
    const kind = random() < 0.5 ? 1 : 2;
    if (random() < 0.1) {
      const abort = { ...named(name), reason: 'enough', by: personBytes('alice') };
      await writer.exclusive(abortTree(dialect, abort)).catch(absent);
      return;
    }
    const fields = random() < 0.5 ? { error_info: errorInfo('no', kind) } : {};
    const of = event(pick(random, STEPS), 0, {
      time: repository.now,
      attempt: random() < 0.2 ? 2 : 1,
      fields,
    });
    await writer.submit(updateStatus({ ...named(name), event: of })).catch(absent);
  };
  for (let i = 0; i < 200; i++) {
    // Writers side by side: on PostgreSQL their transactions overlap.
    await Promise.all([...writers.flatMap((writer) => [one(writer), one(writer), one(writer)])]);
    if (random() < 0.2) await Promise.all([fold(), fold()]);
  }
}

/** A run may be asked for before its transaction has committed. */
function absent(error: unknown): void {
  if ((error as { code?: unknown }).code !== 'not_found') throw error;
}

const byTask = (groups: readonly GroupData[]) => {
  const sorted = [...groups].sort((a, b) => (a.task < b.task ? -1 : 1));
  return sorted.map(({ people, measures, ...more }) => ({
    ...more,
    measures: Object.fromEntries(
      Object.entries(measures)
        .filter(([, value]) => value !== 0)
        .sort(),
    ),
    people: people.map((bytes) => Buffer.from(bytes).toString('hex')),
  }));
};

async function table<T extends 'run_groups' | 'run_group_people'>(dialect: Dialect, name: T) {
  const { rows } = await sql<Row<T>>`select * from ${sql.table(name)}`.execute(dialect.reader);
  return rows.map((row) => JSON.stringify(Object.entries(row).sort())).sort();
}

describe.each(dialects)('counts of groups on $name', ({ create }) => {
  const repository = useRepository(create);

  it('are those of the runs after any history, folded or not, for any period, and after a migration', async () => {
    const random = seeded(20);
    const { dialect, database } = repository;
    const other = await openDatabase(database.config, 'shared');
    try {
      const fold = () => foldGroups(pick(random, [dialect, other]), 1 + Math.floor(random() * 30));
      const writers = [repository.newWriter(), repository.newWriter({}, other)];
      await storm(random, repository, writers, fold);
      const span = Number(new Date(repository.now)) - Number(new Date(at(0)));
      const somewhere = (): Instant => {
        const time = plusMillis(at(0), Math.floor(random() * span));
        return random() < 0.5 ? time : (`${time.slice(0, 17)}00.000000Z` as Instant);
      };
      const compare = async () => {
        let groups = 0;
        for (let i = 0; i < 40; i++) {
          const [a, b] = [somewhere(), somewhere()].sort() as [Instant, Instant];
          const period = i === 0 ? scope(at(0)) : random() < 0.5 ? scope(a) : scope(a, b);
          const tasks = random() < 0.3 ? [pick(random, TASKS)] : undefined;
          const kept = await readGroups(dialect, period, tasks);
          const scanned = await readGroups(dialect, period, tasks, { scan: true });
          expect(byTask(kept), JSON.stringify(period)).toEqual(byTask(scanned));
          groups += kept.length;
        }
        expect(groups).toBeGreaterThan(40);
      };
      await compare();
      while (((await foldGroups(dialect)) ?? 0) > 0);
      await compare();

      const before = [await table(dialect, 'run_groups'), await table(dialect, 'run_group_people')];
      expect(before.map((rows) => rows.length > 50)).toEqual([true, true]);
      for (const name of ['run_groups', 'run_group_people', 'run_group_deltas']) {
        await sql`drop table ${sql.table(name)}`.execute(dialect.writer);
      }
      await sql`drop index runs_group`.execute(dialect.writer);
      const isPostgres = dialect.kind === 'postgres';
      await up(
        dialect.writer as unknown as Kysely<unknown>,
        isPostgres ? postgresTypes : sqliteTypes,
        isPostgres,
      );
      expect([await table(dialect, 'run_groups'), await table(dialect, 'run_group_people')]).toEqual(before);
    } finally {
      await other.close();
    }
  });
});
