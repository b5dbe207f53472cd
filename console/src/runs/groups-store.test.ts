import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { TaskGroupSchema } from '../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { WatchGroupsResponseSchema } from '../../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { sortGroups } from './group-columns.ts';
import { GroupsStore } from './groups-store.ts';

const group = (taskName: string, totalRuns: bigint, shouldDelete = false) =>
  create(TaskGroupSchema, { taskName, totalRuns, shouldDelete });
const message = (taskGroups: ReturnType<typeof group>[], sentinel = false) =>
  create(WatchGroupsResponseSchema, { taskGroups, sentinel });
const shown = (store: GroupsStore) =>
  sortGroups(store.groups(), 'task').map(({ taskName, totalRuns }) => `${taskName} ${totalRuns}`);

it('shows a snapshot once it is whole, follows changes, and keeps what it has while a new one comes in', () => {
  let painted = 0;
  const store = new GroupsStore((callback) => callback());
  store.frame.subscribe(() => painted++);
  store.stream(message([group('a', 1n)]), true);
  expect([shown(store), store.ready, painted]).toEqual([[], false, 0]);
  store.stream(message([group('b', 2n)], true), false);
  expect([shown(store), store.ready, painted]).toEqual([['a 1', 'b 2'], true, 1]);
  store.stream(message([group('a', 3n), group('b', 0n, true)]), false);
  expect(shown(store)).toEqual(['a 3']);
  store.stream(message([group('c', 1n)]), true);
  expect(shown(store)).toEqual(['a 3']);
  store.stream(message([], true), false);
  expect(shown(store)).toEqual(['c 1']);
});

it('orders groups by any column, and by the latest run if the address names none that there is', () => {
  const groups = [group('b', 1n), group('a', 5n), group('c', 3n)];
  const names = (sort?: string) => sortGroups(groups, sort).map(({ taskName }) => taskName);
  expect(names('-runs')).toEqual(['a', 'c', 'b']);
  expect(names('runs')).toEqual(['b', 'c', 'a']);
  expect(names('-task')).toEqual(['c', 'b', 'a']);
  expect(names('nonsense')).toEqual(['a', 'b', 'c']);
});
