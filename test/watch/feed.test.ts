import { Client } from 'pg';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChangeCursor, Dialect } from '../../src/repository/dialects/dialect.ts';
import { openDatabase } from '../../src/repository/open.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import type { Change } from '../../src/repository/write/flush.ts';
import { GroupCommit } from '../../src/repository/write/group-commit.ts';
import { plusMillis, systemClock } from '../../src/runs/instant.ts';
import { ChangeFeed, type ChangeFeedOptions } from '../../src/watch/change-feed.ts';
import { pruneChanges } from '../../src/watch/change-pruner.ts';
import { Topics } from '../../src/watch/topics.ts';
import { newRun } from '../repository/fixtures.ts';
import {
  createPostgresDatabase,
  dialects,
  postgresAdminUrl,
  type TestDatabase,
} from '../support/databases.ts';

/** What a feed published about runs, and a way to wait for it. */
class Published {
  readonly runIds: number[] = [];
  everything = 0;
  #check = () => {};

  constructor(topics: Topics) {
    topics.onRuns({
      changed: ({ runId }: Change) => {
        this.runIds.push(runId);
        this.#check();
      },
      everythingChanged: () => {
        this.everything++;
        this.#check();
      },
    });
  }

  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#check = () => {
        if (condition()) resolve();
      };
      this.#check();
    });
  }
}

let database: TestDatabase;
let dialect: Dialect;
const closing: (() => Promise<unknown>)[] = [];

async function open(create: () => Promise<TestDatabase>): Promise<void> {
  database = await create();
  dialect = await openDatabase(database.config, 'shared');
}

async function close(): Promise<void> {
  for (const step of closing.splice(0).reverse()) await step();
  await dialect.close();
  await database.drop();
}

async function follow(options: Partial<ChangeFeedOptions> = {}) {
  const topics = new Topics();
  const published = new Published(topics);
  const feed = new ChangeFeed({ dialect, topics, idleMs: 50, ...options });
  await feed.start();
  closing.push(() => feed.stop());
  return { feed, published };
}

function writerOn(on: Dialect, onCommitted: GroupCommitHook = () => {}): GroupCommit {
  const writer = new GroupCommit(on, { clock: systemClock, maxQueued: 100, maxBatch: 100, onCommitted });
  closing.push(() => writer.close());
  return writer;
}
type GroupCommitHook = ConstructorParameters<typeof GroupCommit>[1]['onCommitted'];

async function write(writer: GroupCommit, name: string): Promise<number> {
  return (await writer.submit(createRun(newRun(name)))).run.id;
}

describe.each(dialects)('the change feed on $name', ({ create }) => {
  beforeEach(() => open(create));
  afterEach(close);

  it('publishes what this process commits before it is acknowledged, and does not find it again in the log', async () => {
    const { feed, published } = await follow();
    const id = await write(writerOn(dialect, feed.committed), 'mine');
    expect(published.runIds).toEqual([id]);
    // Written by another process later: once it is there, the log was read past the first one.
    const other = await openDatabase(database.config, 'shared');
    closing.push(() => other.close());
    const second = await write(writerOn(other), 'theirs');
    await published.until(() => published.runIds.includes(second));
    expect(published.runIds).toEqual([id, second]);
  });

  it('opens a new cursor and then counts everything as changed when the log could not be read', async () => {
    const failing: { error?: Error; opened: number } = { opened: 0 };
    const guarded: Pick<Dialect, 'openChangeCursor'> = {
      async openChangeCursor(): Promise<ChangeCursor> {
        if (failing.error) throw failing.error;
        const cursor = await dialect.openChangeCursor();
        failing.opened++;
        return {
          lagSeconds: () => cursor.lagSeconds(),
          async next(...look) {
            if (failing.error) throw failing.error;
            return cursor.next(...look);
          },
        };
      },
    };
    const troubles: unknown[] = [];
    const broken = Promise.withResolvers<void>();
    const recovered = Promise.withResolvers<void>();
    const { feed, published } = await follow({
      dialect: guarded,
      onTrouble: (error) => {
        troubles.push(error);
        broken.resolve();
      },
      onRecovery: recovered.resolve,
    });
    await feed.readiness.check();
    failing.error = new Error('the server went away');
    await broken.promise;
    await expect(feed.readiness.check()).rejects.toThrow(
      'the change log is not followed: the server went away',
    );
    expect(feed.lagSeconds()).toBeGreaterThan(0);
    await write(writerOn(dialect), 'missed');
    expect(published.everything).toBe(0);
    delete failing.error;
    await recovered.promise;
    expect(published.everything).toBe(1);
    expect(failing.opened).toBe(2);
    expect(troubles).toHaveLength(1);
    await feed.readiness.check();
  });

  it('counts everything as changed after the process slept for longer than the log is kept', async () => {
    let now = Date.now();
    const { published } = await follow({ now: () => now });
    now += 20 * 60_000;
    await published.until(() => published.everything > 0);
    const id = await write(writerOn(dialect), 'after');
    await published.until(() => published.runIds.includes(id));
  });

  it('counts everything as changed when more is waiting than one look brings', async () => {
    const cut: Pick<Dialect, 'openChangeCursor'> = {
      async openChangeCursor() {
        const cursor = await dialect.openChangeCursor();
        return { lagSeconds: () => 0, next: (_limit, ...look) => cursor.next(1, ...look) };
      },
    };
    const { published } = await follow({ dialect: cut, idleMs: 20 });
    await writerOn(dialect).exclusive(async (db) => {
      const rows = [1, 2, 3].map((run_id) => ({
        run_id,
        action_id: null,
        batch: 1,
        created_at: systemClock(),
      }));
      await db.insertInto('changes').values(rows).execute();
      return { result: undefined, flushed: [] };
    });
    await published.until(() => published.everything > 0);
  });

  it('deletes old rows of the log and keeps the others', async () => {
    const rows = [-30, -16, -14, 0].map((minutes, i) => ({
      run_id: i,
      action_id: null,
      batch: i,
      created_at: plusMillis(systemClock(), minutes * 60_000),
    }));
    await dialect.writer.insertInto('changes').values(rows).execute();
    expect(await pruneChanges(dialect, systemClock)).toBe(2);
    const left = await dialect.reader.selectFrom('changes').select('run_id').orderBy('run_id').execute();
    expect(left.map(({ run_id }) => run_id)).toEqual([2, 3]);
  });
});

describe('the change feed on PostgreSQL', () => {
  beforeEach(() => open(createPostgresDatabase));
  afterEach(close);

  async function client(url: string): Promise<Client> {
    const connected = new Client({ connectionString: url });
    connected.on('error', () => {});
    await connected.connect();
    closing.push(() => connected.end());
    return connected;
  }

  const urlOf = (db: TestDatabase) => (db as Awaited<ReturnType<typeof createPostgresDatabase>>).url;
  const insert = (runId: number) =>
    `insert into changes (run_id, batch, created_at) values (${runId}, ${runId}, now())`;

  it('finds rows of transactions that commit out of order, each once', async () => {
    const [early, late] = [await client(urlOf(database)), await client(urlOf(database))];
    await early.query('begin');
    await early.query(insert(1));
    const { published } = await follow();
    await late.query('begin');
    await late.query(insert(2));
    await early.query(insert(3));
    await late.query('commit');
    await published.until(() => published.runIds.includes(2));
    expect(published.runIds).toEqual([2]);
    await early.query('commit');
    await published.until(() => published.runIds.length >= 3);
    expect(published.runIds.toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
  });

  it('is not held up by a transaction that writes in another database of the cluster', async () => {
    const other = await client(await postgresAdminUrl());
    await other.query('begin');
    await other.query('select pg_current_xact_id()');
    const { published } = await follow();
    const writer = await client(urlOf(database));
    for (const id of [1, 2, 3]) {
      await writer.query(insert(id));
      await published.until(() => published.runIds.includes(id));
    }
    await other.query('rollback');
    expect(published.runIds).toEqual([1, 2, 3]);
  });

  it('reads at once when another process hints, and goes on when the backend that listens is terminated', async () => {
    // So long that only hints can be the reason for a look.
    const { published } = await follow({ idleMs: 600_000 });
    const admin = await client(urlOf(database));
    const hint = "select pg_notify('runs_changes', '')";
    await admin.query(insert(1));
    await admin.query(hint);
    await published.until(() => published.runIds.includes(1));
    const { rowCount } = await admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'runs-service listener' and datname = current_database()",
    );
    expect(rowCount).toBe(1);
    // Nobody listens now. The listener comes back by itself, and its coming back is a hint.
    await admin.query(insert(2));
    await published.until(() => published.runIds.includes(2));
    expect(published.runIds).toEqual([1, 2]);
  });

  it('tells other replicas of its commits, so that they look at once', async () => {
    const { feed } = await follow();
    const other = await openDatabase(database.config, 'shared');
    closing.push(() => other.close());
    const topics = new Topics();
    const published = new Published(topics);
    const far = new ChangeFeed({ dialect: other, topics, idleMs: 600_000 });
    await far.start();
    closing.push(() => far.stop());
    const id = await write(writerOn(dialect, feed.committed), 'hinted');
    await published.until(() => published.runIds.includes(id));
  });

  it('shows how long the oldest transaction has been open', async () => {
    const held = await client(urlOf(database));
    const { feed, published } = await follow({ idleMs: 20 });
    expect(feed.lagSeconds()).toBe(0);
    await held.query('begin');
    await held.query('select pg_current_xact_id()');
    const writer = await client(urlOf(database));
    let lag = 0;
    for (let id = 1; lag === 0; id++) {
      await writer.query(insert(id));
      await published.until(() => published.runIds.includes(id));
      lag = feed.lagSeconds();
    }
    await held.query('rollback');
    expect(await sql`select 1`.execute(dialect.reader)).toBeDefined();
  });
});
