import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChangeCursor, Dialect, WantedChanges } from '../../src/repository/dialects/dialect.ts';
import { openDatabase } from '../../src/repository/open.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import type { Change, Flushed } from '../../src/repository/write/flush.ts';
import { GroupCommit } from '../../src/repository/write/group-commit.ts';
import { systemClock } from '../../src/runs/instant.ts';
import { ChangeFeed, type ChangeFeedOptions } from '../../src/watch/change-feed.ts';
import { Topics } from '../../src/watch/topics.ts';
import { newRun } from '../repository/fixtures.ts';
import { closedGate, type Gate } from '../repository/gate.ts';
import { createPostgresDatabase, dialects, type TestDatabase } from '../support/databases.ts';

/** Takes a note of the keys that it is told, and lets wait for them. */
class Listener {
  readonly heard: string[] = [];
  readonly #news = new Set<() => void>();

  readonly changed = ({ runId, actionId }: Change): void => {
    this.heard.push(`${runId}/${actionId ?? 'run'}`);
    for (const look of this.#news) look();
  };
  readonly everythingChanged = (): void => {
    this.heard.push('everything');
  };

  hears(key: string): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (this.heard.includes(key)) resolve();
      };
      this.#news.add(look);
      look();
    });
  }
}

/** What cursors were asked for and what they brought. */
interface Look {
  readonly wanted: WantedChanges;
  readonly found: number;
}

let database: TestDatabase;
const closing: (() => Promise<unknown>)[] = [];

async function replica(): Promise<Dialect> {
  const dialect = await openDatabase(database.config, 'shared');
  closing.push(() => dialect.close());
  return dialect;
}

async function follow(dialect: ChangeFeedOptions['dialect'], idleMs: number) {
  const topics = new Topics();
  const feed = new ChangeFeed({ dialect, topics, idleMs });
  const start = async () => {
    await feed.start();
    closing.push(() => feed.stop());
  };
  return { feed, topics, start };
}

/** The dialect with a cursor that passes a gate before each look, when it is decided what to look for, and tells what became of it. */
function watched(dialect: Dialect, looks: Look[], gate?: Gate, onLook = () => {}): Dialect {
  return {
    ...dialect,
    async openChangeCursor(): Promise<ChangeCursor> {
      const cursor = await dialect.openChangeCursor();
      return {
        lagSeconds: () => cursor.lagSeconds(),
        async next(limit, wanted, known) {
          await gate?.pass();
          const batch = await cursor.next(limit, wanted, known);
          looks.push({ wanted, found: batch.changes.length });
          onLook();
          return batch;
        },
      };
    },
  };
}

async function write(on: Dialect, name: string, onCommitted: (flushed: Flushed) => void = () => {}) {
  let action = 0;
  const writer = new GroupCommit(on, {
    clock: systemClock,
    maxQueued: 100,
    maxBatch: 100,
    onCommitted: (flushed) => {
      for (const { actionId } of flushed.changes) action = actionId ?? action;
      onCommitted(flushed);
    },
  });
  const { run } = await writer.submit(createRun(newRun(name)));
  await writer.close();
  return { run: run.id, action };
}

async function close(): Promise<void> {
  for (const step of closing.splice(0).reverse()) await step();
  await database.drop();
}

describe.each(dialects)('what is read of the change log on $name', ({ create }) => {
  let other: Dialect;
  beforeEach(async () => {
    database = await create();
    other = await replica();
  });
  afterEach(close);

  it('is nothing while nobody listens, and all that is committed from then on for who begins to', async () => {
    const looks: Look[] = [];
    let wake = () => {};
    const dialect = watched(await replica(), looks, undefined, () => wake());
    const { topics, start } = await follow(dialect, 20);
    await start();
    await write(other, 'unheard');
    const seen = looks.length;
    await new Promise<void>((resolve) => {
      wake = () => {
        if (looks.length >= seen + 2) resolve();
      };
    });
    expect(looks.every(({ wanted, found }) => wanted === 'nothing' && found === 0)).toBe(true);
    const listener = new Listener();
    topics.onRuns(listener);
    const { run } = await write(other, 'heard');
    await listener.hears(`${run}/run`);
    // Looks that were over when it began had moved the cursor on.
    expect(new Set(listener.heard)).toEqual(new Set([`${run}/run`]));
  });

  it.each([
    ['nobody listened to anything', false],
    ['somebody listened to something else', true],
  ])('is found by who begins to listen while a look is under way, when %s before', async (_, somebody) => {
    const gate = closedGate();
    const looks: Look[] = [];
    // So long that the second look is part of the first one's work, or there is none.
    const { topics, start } = await follow(watched(await replica(), looks, gate), 600_000);
    if (somebody) topics.onActionsOf(-1, new Listener());
    await start();
    await gate.reached();
    // It was decided what to look for. Now somebody comes, reads, and then something is committed that the look can see.
    const [runs, actions] = [new Listener(), new Listener()];
    topics.onRuns(runs);
    const { run, action } = await write(other, 'between');
    topics.onAction(action, actions);
    gate.open();
    await Promise.all([runs.hears(`${run}/run`), actions.hears(`${run}/${action}`)]);
    expect(looks.map(({ wanted }) => wanted).at(-1)).toBe('everything');
  });

  it('is what is wanted, without what is known, until it is accepted', async () => {
    const cursor = await (await replica()).openChangeCursor();
    const batches: number[] = [];
    const note = ({ batch }: Flushed) => void batches.push(batch);
    const first = await write(other, 'first', note);
    const second = await write(other, 'second', note);
    const look = async (wanted: WantedChanges, known: readonly number[] = []) => {
      const { changes, overflow } = await cursor.next(100, wanted, known);
      expect(overflow).toBe(false);
      return changes.map(({ runId, actionId }) => `${runId}/${actionId ?? 'run'}`).sort();
    };
    const keys = [first, second].map(({ run, action }) => ({
      ofRun: `${run}/run`,
      ofAction: `${run}/${action}`,
    }));
    const [one, two] = keys as [(typeof keys)[0], (typeof keys)[0]];
    const nothing = { runs: false, actionsOf: [], actions: [] };
    const all = [one.ofRun, one.ofAction, two.ofRun, two.ofAction].sort();
    expect(await look('everything')).toEqual(all);
    expect(await look('nothing')).toEqual([]);
    expect(await look(nothing)).toEqual([]);
    expect(await look({ ...nothing, runs: true })).toEqual([one.ofRun, two.ofRun].sort());
    expect(await look({ ...nothing, actionsOf: [first.run] })).toEqual([one.ofAction]);
    expect(await look({ ...nothing, actions: [second.action] })).toEqual([two.ofAction]);
    expect(await look('everything', batches.slice(0, 1))).toEqual([two.ofRun, two.ofAction].sort());
    expect(await look('everything', batches)).toEqual([]);
    const limited = await cursor.next(3, 'everything', []);
    expect(limited.overflow).toBe(true);
    (await cursor.next(100, 'nothing', [])).accept();
    expect(await look('everything')).toEqual([]);
    const third = await write(other, 'third');
    expect(await look({ ...nothing, runs: true })).toEqual([`${third.run}/run`]);
  });
});

describe('hints on PostgreSQL', () => {
  beforeEach(async () => {
    database = await createPostgresDatabase();
  });
  afterEach(close);

  /** A replica whose hints are counted. */
  async function counted() {
    const dialect = await replica();
    const [sent, looked] = [closedGate(), closedGate()];
    sent.open();
    looked.open();
    let hints = 0;
    const guarded: Dialect = {
      ...dialect,
      notify: async () => {
        await dialect.notify?.();
        hints++;
        await sent.pass();
      },
      isAwaited: async () => {
        const awaited = (await dialect.isAwaited?.()) ?? false;
        await looked.pass();
        return awaited;
      },
    };
    return { dialect, guarded, sent, looked, hints: () => hints };
  }

  /** Asks until the answer is as wanted; each question is a round trip. */
  async function becomes(dialect: Dialect, awaited: boolean): Promise<void> {
    while ((await dialect.isAwaited?.()) !== awaited);
  }

  it('are sent to nobody while no other process watches anything, and to who begins to, of what was written before as well', async () => {
    const writer = await counted();
    const near = await follow(writer.guarded, 600_000);
    // It watches, but what it commits it knows.
    near.topics.onRuns(new Listener());
    await near.start();
    const far = await follow(await replica(), 600_000);
    await far.start();
    await write(writer.dialect, 'untold', near.feed.committed);
    await writer.looked.reached();
    expect(writer.hints()).toBe(0);
    const listener = new Listener();
    far.topics.onRuns(listener);
    // The word of the one that begins comes first, the hint second, its look third; the log reaches back behind its beginning.
    await writer.sent.reached();
    expect(writer.hints()).toBe(1);
    const { run } = await write(writer.dialect, 'told', near.feed.committed);
    await listener.hears(`${run}/run`);
  });

  it('are not awaited by oneself, nor when the last watch of a process has been gone for some looks', async () => {
    const [writer, reader] = [await replica(), await replica()];
    const { topics, start } = await follow(reader, 10);
    const leave = topics.onRuns(new Listener());
    await start();
    await becomes(writer, true);
    expect(await reader.isAwaited?.()).toBe(false);
    leave();
    await becomes(writer, false);
    topics.onRuns(new Listener());
    await becomes(writer, true);
  });

  it('are awaited again after the backend that listens was terminated, and not by a process that is gone', async () => {
    const writer = await replica();
    const { topics, start, feed } = await follow(await replica(), 600_000);
    topics.onRuns(new Listener());
    await start();
    await becomes(writer, true);
    const { url } = database as Awaited<ReturnType<typeof createPostgresDatabase>>;
    const admin = new Client({ connectionString: url });
    await admin.connect();
    closing.push(() => admin.end());
    const { rowCount } = await admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'runs-service listener' and datname = current_database()",
    );
    expect(rowCount).toBe(1);
    await becomes(writer, false);
    await becomes(writer, true);
    await feed.stop();
    await becomes(writer, false);
  });
});
