import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { RunIdentifierSchema } from '../gen/flyteidl2/common/identifier_pb.js';
import type { TreePlace, TreeRow } from '../repository/read/watch-actions.ts';
import { BatchReader } from './batch-reader.ts';
import { messageLimits } from './limits.ts';
import { RunTreeView } from './run-tree-view.ts';
import { Topics } from './topics.ts';
import { ValueView, watchValue } from './value-view.ts';
import { watchTree } from './watch-tree.ts';

function row(name: string, attempts: number, parent: string | null = 'a0'): TreeRow {
  const time = '2026-01-01T00:00:00.000000Z';
  return {
    id: name === 'a0' ? 1 : Number(name.slice(1)) + 1,
    name,
    phase: 'RUNNING',
    attempts,
    start_time: time,
    end_time: null,
    duration_ms: null,
    cache_status: 0,
    metadata: new Uint8Array(),
    parent_action_name: name === 'a0' ? null : parent,
    function_name: '',
    created_at: time,
  };
}

const { signal } = new AbortController();

describe('the view of a tree', () => {
  function setup(rows: TreeRow[]) {
    const table = new Map(rows.map((one) => [one.id, one]));
    const hooks: { page?: (() => void) | undefined; rows?: (() => void) | undefined; ids: number[] } = {
      ids: [],
    };
    const topics = new Topics();
    const view = new RunTreeView(
      7,
      {
        run: async () => create(RunIdentifierSchema, { name: 'r' }),
        async page(_runId: number, after: TreePlace | undefined, limit: number) {
          const hook = hooks.page;
          hooks.page = undefined;
          const page = [...table.values()]
            .filter((one) => after === undefined || one.name > after.name)
            .sort((a, b) => (a.name < b.name ? -1 : 1))
            .slice(0, limit);
          hook?.();
          return page;
        },
        rows: new BatchReader(async (ids) => {
          const hook = hooks.rows;
          hooks.rows = undefined;
          hook?.();
          hooks.ids.push(...ids);
          return new Map(ids.flatMap((id) => (table.has(id) ? [[id, table.get(id) as TreeRow]] : [])));
        }, 500),
      },
      topics,
    );
    const change = (one: TreeRow) => {
      table.set(one.id, one);
      topics.publish([{ runId: 7, actionId: one.id }]);
    };
    /** A change together with the row, as a writer of this process tells of it. */
    const handOver = (...ones: TreeRow[]) =>
      topics.publish(ones.map((one) => ({ runId: 7, actionId: one.id, row: one })));
    const stream = watchTree(view, undefined, messageLimits(100), signal);
    const next = async () => {
      const { value } = await stream.next();
      return (value?.response.enrichedActions ?? []).map(
        ({ action }: { action?: { id?: { name: string }; status?: { attempts: number } } }) =>
          [action?.id?.name, action?.status?.attempts].join(' '),
      );
    };
    return { hooks, change, handOver, next, topics, table };
  }

  it('reads again what changes after the snapshot was looked at and before it arrives', async () => {
    const { hooks, change, next } = setup([row('a0', 1), row('a1', 1)]);
    hooks.page = () => change(row('a1', 2));
    expect(await next()).toEqual(['a0 1', 'a1 1']);
    expect(await next()).toEqual(['a0 1', 'a1 2']);
  });

  it('reads what changed again when a read failed, together with what changed meanwhile', async () => {
    const { hooks, change, next } = setup([row('a0', 1), row('a1', 1), row('a2', 1)]);
    await next();
    hooks.rows = () => {
      change(row('a2', 3));
      throw new Error('away');
    };
    change(row('a1', 2));
    expect(await next()).toEqual(['a0 1', 'a1 2', 'a2 3']);
  });

  it('does not read what a writer hands over, new actions included', async () => {
    const { hooks, handOver, next } = setup([row('a0', 1), row('a1', 1)]);
    await next();
    handOver(row('a1', 2), row('a2', 1));
    expect(await next()).toEqual(['a0 1', 'a1 2', 'a2 1']);
    expect(hooks.ids).toEqual([]);
  });

  it('does not go back to a row that is handed over late', async () => {
    const { hooks, table, change, handOver, next } = setup([row('a0', 1), row('a1', 1), row('a2', 1)]);
    await next();
    // Another process was faster than the answer to our own commit.
    change(row('a1', 5));
    expect(await next()).toEqual(['a0 1', 'a1 5']);
    handOver(row('a1', 4));
    change(row('a2', 2));
    expect(await next()).toEqual(['a0 1', 'a2 2']);
    // Two of our own transactions, told of in the wrong order.
    handOver(row('a1', 7), row('a1', 6));
    expect(await next()).toEqual(['a0 1', 'a1 7']);
    // Neither is further on than the other: only the table knows.
    hooks.ids = [];
    table.set(2, { ...row('a1', 8), cache_status: 3 });
    handOver({ ...row('a1', 8), cache_status: 3 }, row('a1', 8));
    expect(await next()).toEqual(['a0 1', 'a1 8']);
    expect(hooks.ids).toEqual([2]);
  });

  it('fails its streams when it can not be read in the first place', async () => {
    const { hooks, next } = setup([row('a0', 1)]);
    hooks.page = () => {
      throw new Error('away');
    };
    await expect(next()).rejects.toThrow('away');
  });

  it('looks at everything again when it is not known what changed', async () => {
    const { next, topics, table } = setup([row('a0', 1), row('a1', 1)]);
    await next();
    // A change that nobody is told of.
    table.set(2, row('a1', 5));
    topics.publishEverything();
    expect(await next()).toEqual(['a0 1', 'a1 5']);
  });
});

describe('the view of a value', () => {
  it('reads one at a time, again for changes during a read, and tells each difference once', async () => {
    const topics = new Topics();
    const reads: ((value: number) => void)[] = [];
    const began: (() => void)[] = [];
    const view = new ValueView<number>({
      actionId: 5,
      topics,
      read: () => {
        const { promise, resolve } = Promise.withResolvers<number>();
        reads.push(resolve);
        began.shift()?.();
        return promise;
      },
      same: (a, b) => a === b,
    });
    const begun = () => new Promise<void>((resolve) => began.push(resolve));
    const change = () => topics.publish([{ runId: 1, actionId: 5 }]);
    const stream = watchValue(view, signal);
    const first = stream.next();
    await begun();
    change();
    change();
    const second = begun();
    reads[0]?.(1);
    expect((await first).value).toBe(1);
    await second;
    expect(reads).toHaveLength(2);
    const told = stream.next();
    reads[1]?.(1);
    const third = begun();
    change();
    await third;
    reads[2]?.(2);
    expect((await told).value).toBe(2);
    expect(view.revision).toBe(2);
    view.close();
  });
});
