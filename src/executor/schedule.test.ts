import { array, assert as check, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Candidate, chooseStarts, type Occupant, slotsDownTo } from './schedule.ts';

let id = 0;
const candidate = (run_id: number, depth: number, more: Partial<Candidate> = {}): Candidate => ({
  action_id: ++id,
  run_id,
  depth,
  parent_id: null,
  run_concurrency: 0,
  serial_key: null,
  queued_at: String(id).padStart(8, '0'),
  ...more,
});
const occupant = (runId: number, depth: number, blocked = false): Occupant => ({
  actionId: ++id,
  runId,
  depth,
  blocked,
});
const times = <T>(n: number, make: () => T): T[] => Array.from({ length: n }, make);

test('each level may have more slots than the one above, and none more than there are', () => {
  const slots = (max: number) => [0, 1, 2, 3, 4, 50].map((depth) => slotsDownTo(depth, max));
  expect(slots(16)).toEqual([8, 12, 14, 15, 16, 16]);
  expect(slots(4)).toEqual([2, 3, 4, 4, 4, 4]);
  expect(slots(2)).toEqual([1, 2, 2, 2, 2, 2]);
  expect(slots(1)).toEqual([1, 1, 1, 1, 1, 1]);
});

test('roots leave half of the slots to what is below them', () => {
  const roots = times(10, () => candidate(++id, 0));
  expect(chooseStarts(roots, [], 8)).toHaveLength(4);
  const running = times(4, () => occupant(++id, 0));
  expect(chooseStarts(roots, running, 8)).toEqual([]);
  expect(
    chooseStarts(
      times(10, () => candidate(1, 1)),
      running,
      8,
    ),
  ).toHaveLength(2);
});

test('many shallow actions do not keep a new root out when a slot comes free', () => {
  const big = 1;
  const running = [occupant(big, 0, true), ...times(4, () => occupant(big, 1))];
  const waiting = [...times(50, () => candidate(big, 1)), candidate(2, 0)];
  const [first] = chooseStarts(waiting, running, 8);
  expect(first).toMatchObject({ run_id: 2 });
});

test('runs take turns; within a run the deepest, then the oldest goes first', () => {
  const waiting = [candidate(1, 1), candidate(1, 1), candidate(1, 2), candidate(2, 1), candidate(2, 1)];
  const order = chooseStarts(waiting, [], 16).map(({ run_id, depth }) => `${run_id}.${depth}`);
  expect(order).toEqual(['1.2', '2.1', '1.1', '2.1', '1.1']);
});

describe('a bound on the actions of a run', () => {
  const bounded = (depth: number) => candidate(1, depth, { run_concurrency: 2 });

  test('counts all that have a process, the root and those that wait for children too', () => {
    const waiting = times(5, () => bounded(1));
    expect(chooseStarts(waiting, [], 16)).toHaveLength(2);
    expect(chooseStarts(waiting, [occupant(1, 0, true)], 16)).toHaveLength(1);
    expect(chooseStarts(waiting, [occupant(1, 0), occupant(1, 1)], 16)).toEqual([]);
    expect(chooseStarts(waiting, [occupant(1, 0, true), occupant(1, 1)], 16)).toEqual([]);
  });

  test('lets one more start where all of them wait for children', () => {
    const waiting = times(5, () => bounded(2));
    const parents = [occupant(1, 0, true), occupant(1, 1, true)];
    expect(chooseStarts(waiting, parents, 16)).toHaveLength(1);
    expect(chooseStarts(waiting, [...parents, occupant(1, 2)], 16)).toEqual([]);
  });

  test('counts what runs at other executors', () => {
    const waiting = times(5, () => bounded(1));
    const distant = [{ runId: 1, blocked: true }];
    expect(chooseStarts(waiting, [], 16, { distant })).toHaveLength(1);
    expect(chooseStarts(waiting, [occupant(1, 1)], 16, { distant })).toEqual([]);
    expect(chooseStarts(waiting, [occupant(1, 1, true)], 16, { distant })).toHaveLength(1);
    const root = occupant(1, 0, true);
    const children = times(5, () => candidate(1, 1, { run_concurrency: 2, parent_id: root.actionId }));
    expect(chooseStarts(children, [root], 16, { distant: [{ runId: 1, blocked: false }] })).toEqual([]);
    expect(chooseStarts([candidate(2, 0)], [], 1, { distant })).toHaveLength(1);
  });

  test('does not bind other runs', () => {
    const running = [occupant(1, 0, true), occupant(1, 1), occupant(1, 1)];
    expect(chooseStarts([bounded(1), candidate(2, 0)], running, 16)).toMatchObject([{ run_id: 2 }]);
  });
});

describe('when everything waits for children', () => {
  test('the deepest, oldest child starts beyond the limit', () => {
    const running = [occupant(1, 0, true), occupant(1, 1, true)];
    const parent_id = running[1]?.actionId ?? 0;
    const child = candidate(1, 2, { parent_id });
    const waiting = [
      candidate(1, 1, { parent_id: running[0]?.actionId ?? 0 }),
      child,
      candidate(1, 2, { parent_id }),
    ];
    expect(chooseStarts(waiting, running, 2)).toEqual([child]);
  });

  test('one from elsewhere starts beyond the limit if a child has to wait for it', () => {
    const running = [occupant(1, 0, true)];
    const equal = candidate(2, 0, { serial_key: 'k' });
    expect(chooseStarts([candidate(3, 0), equal], running, 1, { awaited: new Set(['k']) })).toEqual([equal]);
    expect(chooseStarts([equal], [occupant(1, 0)], 1, { awaited: new Set(['k']) })).toEqual([]);
  });

  test('nothing starts beyond the limit while one still works, or for the sake of another run', () => {
    const running = [occupant(1, 0, true), occupant(2, 0)];
    const child = candidate(1, 1, { parent_id: running[0]?.actionId ?? 0 });
    expect(chooseStarts([child], [...running, occupant(3, 1)], 2)).toEqual([]);
    expect(chooseStarts([candidate(9, 0)], [occupant(1, 0, true)], 1)).toEqual([]);
  });
});

/** A tree of actions in which each parent ends when its children have. */
interface Node {
  readonly it: Candidate;
  readonly children: Node[];
  state: 'hidden' | 'waiting' | 'running' | 'done';
}

function grow(
  run: number,
  depth: number,
  levels: number,
  width: number,
  bound: number,
  parent: number | null,
  shift: number | undefined,
): Node {
  // Keys grow downwards, for tasks that call each other in a circle never end anyway.
  const serial_key = shift === undefined ? null : `k${depth + shift}`;
  const it = candidate(run, depth, { parent_id: parent, run_concurrency: bound, serial_key });
  const children =
    depth + 1 >= levels
      ? []
      : times(width, () => grow(run, depth + 1, levels, width, bound, it.action_id, shift));
  return { it, children, state: 'hidden' };
}

test('every forest of trees finishes, whatever the limits, and no level is overdrawn but to get things going', () => {
  const shape = record({
    runs: integer({ min: 1, max: 4 }),
    levels: integer({ min: 1, max: 5 }),
    width: integer({ min: 1, max: 3 }),
    max: integer({ min: 1, max: 9 }),
    bound: constantFrom(0, 1, 2),
    shifts: array(constantFrom(undefined, 0, 1, 2), { minLength: 4, maxLength: 4 }),
    arrivals: array(integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }),
  });
  void check(
    property(shape, ({ runs, levels, width, max, bound, shifts, arrivals }) => {
      const roots = Array.from({ length: runs }, (_, run) =>
        grow(run, 0, levels, width, bound, null, shifts[run]),
      );
      const nodes: Node[] = [];
      const collect = (node: Node): void => {
        nodes.push(node);
        node.children.forEach(collect);
      };
      roots.forEach(collect);
      const isBlocked = (node: Node) => node.children.some((child) => child.state !== 'done');
      for (let round = 0; nodes.some((node) => node.state !== 'done'); round++) {
        expect(round).toBeLessThan(nodes.length * 3 + 4);
        for (const [run, root] of roots.entries()) if (round === arrivals[run]) root.state = 'waiting';
        const running = nodes.filter((node) => node.state === 'running');
        const occupants = running.map((node) => ({
          actionId: node.it.action_id,
          runId: node.it.run_id,
          depth: node.it.depth,
          blocked: isBlocked(node),
        }));
        const queue = nodes.filter((node) => node.state === 'waiting').map((node) => node.it);
        const mayStart = (it: Candidate) => {
          const equal = (other: Candidate) => other !== it && other.serial_key === it.serial_key;
          return (
            it.serial_key === null ||
            ![...running.map((node) => node.it), ...queue.filter((one) => one.action_id < it.action_id)].some(
              equal,
            )
          );
        };
        const parents = new Set(running.map((node) => node.it.action_id));
        const awaited = queue.filter(({ parent_id }) => parent_id !== null && parents.has(parent_id));
        const keys = new Set(awaited.flatMap(({ serial_key }) => serial_key ?? []));
        const chosen = chooseStarts(queue.filter(mayStart), occupants, max, { awaited: keys });
        if (chosen.length > 0 && running.length + chosen.length > max) {
          expect([chosen.length, occupants.every((one) => one.blocked)]).toEqual([1, true]);
        }
        if (bound > 0) {
          for (const [run, started] of Map.groupBy(chosen, (one) => one.run_id)) {
            const before = occupants.filter((one) => one.runId === run);
            const isWithin = before.length + started.length <= bound;
            expect(isWithin || (started.length === 1 && before.every((one) => one.blocked))).toBe(true);
          }
        }
        for (const node of nodes) {
          if (!chosen.includes(node.it)) continue;
          node.state = 'running';
          for (const child of node.children) child.state = 'waiting';
        }
        // One that works ends per round; parents end by themselves.
        const worker = nodes.find((node) => node.state === 'running' && !isBlocked(node));
        if (worker !== undefined) worker.state = 'done';
      }
    }),
  );
});
