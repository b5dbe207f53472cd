import { describe, expect, it } from 'vitest';
import type { RunWatchRow } from '../repository/read/watch-runs.ts';
import { messageLimits } from './limits.ts';
import { type RunsReader, RunsView } from './runs-view.ts';
import { Topics } from './topics.ts';
import { watchRuns } from './watch-runs.ts';

function row(id: number, attempts: number): RunWatchRow {
  const time = '2026-01-01T00:00:00.000000Z';
  return {
    id,
    org: 'o',
    org_key: '',
    project: 'p',
    domain: 'd',
    name: `r${id}`,
    kind: 'RUN',
    root_action_name: 'a0',
    labels: '{}',
    phase: 'RUNNING',
    attempts,
    start_time: time,
    end_time: null,
    duration_ms: null,
    cache_status: 0,
    metadata: new Uint8Array(),
    task_project: null,
    task_domain: null,
    task_name: null,
    task_version: null,
    created_at: time,
    updated_at: time,
  };
}

/** A table of runs in memory whose reads a test can hold back after they have looked. */
class Table implements RunsReader {
  readonly rows = new Map<number, RunWatchRow>();
  readonly updatedSinceCalls: string[] = [];
  #hold: { looked: () => void; released: Promise<void> } | undefined;

  /** The next read looks at the table (`looked`), and answers when it is released. */
  holdNext(): { looked: Promise<void>; release: () => void } {
    const looked = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    this.#hold = { looked: looked.resolve, released: released.promise };
    return { looked: looked.promise, release: released.resolve };
  }

  async #answer(rows: RunWatchRow[]): Promise<RunWatchRow[]> {
    const hold = this.#hold;
    this.#hold = undefined;
    hold?.looked();
    await hold?.released;
    return rows;
  }

  byId(ids: readonly number[]) {
    return this.#answer(ids.flatMap((id) => this.rows.get(id) ?? []));
  }

  newest() {
    return this.#answer([...this.rows.values()]);
  }

  updatedSince(_target: unknown, since: string) {
    this.updatedSinceCalls.push(since);
    return this.#answer([...this.rows.values()]);
  }
}

function setup(maxRecent?: number) {
  const table = new Table();
  const topics = new Topics();
  const view = new RunsView({
    reader: table,
    topics,
    followedUntil: () => Date.parse('2026-01-01T01:00:00Z'),
    ...(maxRecent ? { maxRecent } : {}),
  });
  const controller = new AbortController();
  const open = () => watchRuns(view, { kind: 'RUN', org_key: '' }, messageLimits(100), controller.signal);
  const change = (id: number, attempts: number) => {
    table.rows.set(id, row(id, attempts));
    topics.publish([{ runId: id, actionId: null }]);
  };
  return { table, topics, view, open, change, controller };
}

type Stream = ReturnType<typeof watchRuns>;
async function next(stream: Stream): Promise<string[]> {
  const { value } = await stream.next();
  return (value ?? []).map(
    (run: { action?: { id?: { run?: { name: string } }; status?: { attempts: number } } }) =>
      [run.action?.id?.run?.name, run.action?.status?.attempts].join(' '),
  );
}

describe('the runs that changed lately', () => {
  it('never sends an older state than a snapshot that overtook the shared read', async () => {
    const { table, open, change } = setup();
    const first = open();
    await next(first);
    // The shared read looks at the first state and is held back; meanwhile the run goes on and another watcher opens.
    const { looked, release } = table.holdNext();
    change(1, 1);
    const arriving = next(first);
    await looked;
    const second = open();
    const snapshot = next(second);
    table.rows.set(1, row(1, 2));
    release();
    expect(await arriving).toEqual(['r1 1']);
    expect(await snapshot).toEqual(['r1 2']);
    // Whoever saw the older one is told of the newer one, although its change was never announced.
    expect(await next(first)).toEqual(['r1 2']);
    change(1, 3);
    expect(await next(first)).toEqual(['r1 3']);
    const seen = await next(second);
    expect(['r1 2', 'r1 3']).toContain(seen[0]);
  });

  it('reads again what was updated since it was complete, five minutes of doubt included', async () => {
    const { table, topics, open, change } = setup(2);
    const stream = open();
    await next(stream);
    for (const id of [1, 2, 3]) change(id, 1);
    const watched = open();
    await next(watched);
    change(4, 1);
    // By the time the first one reads on, the bounded list has forgotten something: it reads instead.
    const messages: string[] = [];
    while (messages.length < 4) messages.push(...(await next(stream)));
    expect(new Set(messages)).toEqual(new Set(['r1 1', 'r2 1', 'r3 1', 'r4 1']));
    topics.publishEverything();
    await next(watched);
    expect(table.updatedSinceCalls.every((since) => since === '2026-01-01T00:55:00.000000Z')).toBe(true);
    expect(table.updatedSinceCalls.length).toBeGreaterThan(0);
  });

  it('tries a failed read again and loses nothing', async () => {
    const { table, open, change } = setup();
    const stream = open();
    await next(stream);
    const { byId } = table;
    let failures = 0;
    table.byId = () => {
      failures++;
      table.byId = byId;
      return Promise.reject(new Error('away'));
    };
    change(1, 1);
    expect(await next(stream)).toEqual(['r1 1']);
    expect(failures).toBe(1);
  });

  it('forgets everything when nobody watches any more', async () => {
    const { view, open, change, controller } = setup();
    const stream = open();
    await next(stream);
    change(1, 1);
    await next(stream);
    const waiting = stream.next();
    controller.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    expect(view.waiters.size).toBe(0);
    expect(view.since(0)).toEqual([]);
  });
});
