import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setImmediate as turn } from 'node:timers/promises';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Filter_Function } from '../../src/gen/flyteidl2/common/list_pb.js';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { updateStatus } from '../../src/repository/write/commands/update-status.ts';
import { event, newRun, status } from '../repository/fixtures.ts';
import { dialects, postgresAdminUrl, type TestDatabase } from '../support/databases.ts';
import { openReplica, type Replica } from './harness.ts';
import { randomNumbers, SHARED_RUNS, writeRandomly } from './random-writes.ts';
import { detailsWatcher, phaseText, runsWatcher, treeWatcher, type Watcher } from './watchers.ts';

const WRITES = 150;
const SEED = Number(process.env.WATCH_SEED ?? Date.now() % 1_000_000);

/** Some turns of the loop, a different number each time. */
function unsteady(seed: number, most: number): () => Promise<void> {
  const random = randomNumbers(seed);
  return async () => {
    for (let i = Math.floor(random() * most); i > 0; i--) await turn();
  };
}

/** Watchers of every kind on a replica: fast, slow, and such that hang up and come back. */
function watchersOn(replica: Replica, seed: number): Watcher[] {
  const phases = ['RUNNING', 'FAILED'] as const;
  const filter = [{ field: 'PHASE', function: Filter_Function.VALUE_IN, values: phases.map(phaseText) }];
  return SHARED_RUNS.flatMap((run, i) => [
    treeWatcher(replica, run),
    treeWatcher(replica, run, { pace: unsteady(seed + i, 200) }),
    treeWatcher(replica, run, { reconnectAfter: 3 + i }),
    treeWatcher(replica, run, { filter, phases, pace: unsteady(seed - i, 20) }),
    detailsWatcher(replica, run),
  ]).concat([
    runsWatcher(replica),
    runsWatcher(replica, { pace: unsteady(seed * 3, 400) }),
    runsWatcher(replica, { reconnectAfter: 5 }),
  ]);
}

let database: TestDatabase;
let replicas: Replica[];
let watchers: Watcher[];

async function begin(create: () => Promise<TestDatabase>): Promise<void> {
  database = await create();
  // The second replica commits unsteadily: what began first does not end first.
  replicas = [
    await openReplica(database, { feed: { idleMs: 50 }, maxRecentRuns: 10 }),
    await openReplica(database, { feed: { idleMs: 50 }, writer: { beforeCommit: unsteady(SEED, 50) } }),
  ];
  for (const run of SHARED_RUNS) await replicas[0]?.writer.submit(createRun(newRun(run, { retries: 2 })));
  watchers = replicas.flatMap((replica, i) => watchersOn(replica, SEED + i));
}

/** What every writer does last: from here on the tables stand still. */
async function settle(signal: AbortSignal): Promise<void> {
  const waiting = new Set(watchers);
  signal.addEventListener('abort', () => {
    console.error([...waiting].map(({ label, difference }) => `${label}: ${difference()}`).join('\n'));
  });
  for (const run of SHARED_RUNS) {
    await writing()
      .at(-1)
      ?.writer.submit(updateStatus(status(run, 'a0', event('RUNNING', 1, { attempt: 2 }))));
  }
  const agreeing = watchers.map(async (watcher) => {
    await watcher.agrees();
    waiting.delete(watcher);
  });
  await Promise.all(agreeing);
}

/**
 * On SQLite only one replica of a process can write: its calls are synchronous, so one that waits for the other's lock keeps the other
 * from ever letting go of it.
 */
const writing = () => (database.config.kind === 'sqlite' ? replicas.slice(0, 1) : replicas);

const write = () =>
  writing().flatMap(({ writer }, r) =>
    [0, 1].map((w) => writeRandomly(writer, { name: `w${r}${w}`, seed: SEED + r * 10 + w, count: WRITES })),
  );

afterEach(async () => {
  await Promise.all(watchers.map((watcher) => watcher.stop()));
  for (const replica of replicas) await replica.close();
  await database.drop();
});

describe.each(dialects)(
  `every watcher ends up with what is in the tables on $name (seed ${SEED})`,
  ({ create }) => {
    beforeEach(() => begin(create));

    it('with several writers, watched on two replicas', { timeout: 60_000 }, async ({ signal }) => {
      await Promise.all(write());
      await settle(signal);
    });

    it('with a writer in a process of its own', { timeout: 60_000 }, async ({ signal }) => {
      const script = fileURLToPath(new URL('writer-process.ts', import.meta.url));
      const child = spawn(
        process.execPath,
        [script, JSON.stringify(database.config), 'far', String(SEED + 99), String(WRITES * 2)],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      const output = child.stdout.setEncoding('utf8').toArray();
      const exit = once(child, 'exit');
      await Promise.all(write());
      expect(await exit).toEqual([0, null]);
      expect((await output).join('')).toBe('done\n');
      await settle(signal);
    });
  },
);

describe(`every watcher ends up with what is in the tables (seed ${SEED})`, () => {
  beforeEach(() =>
    begin(dialects.find(({ name }) => name === 'postgres')?.create ?? (() => Promise.reject())),
  );

  it('with a transaction open in another database and the listeners terminated again and again', {
    timeout: 60_000,
  }, async ({ signal }) => {
    const other = new Client({ connectionString: await postgresAdminUrl() });
    await other.connect();
    await other.query('begin');
    await other.query('select pg_current_xact_id()');
    const writes = Promise.all(write());
    let under = true;
    const stop = () => {
      under = false;
    };
    writes.then(stop, stop);
    const name = database.config.kind === 'postgres' ? database.config.dbname : '';
    let terminated = 0;
    while (under || terminated === 0) {
      const { rowCount } = await other.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1 and datname = $2',
        ['runs-service listener', name],
      );
      terminated += rowCount ?? 0;
      await turn();
    }
    await writes;
    await settle(signal);
    await other.end();
  });
});
