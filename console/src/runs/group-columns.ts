import { type Duration, durationMs } from '@bufbuild/protobuf/wkt';
import type { TaskGroup } from '../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { millis } from '../shared/instant.ts';

/** A column by which groups can be ordered. */
export interface GroupColumn {
  readonly key: string;
  readonly label: string;
  readonly number: boolean;
  value(group: TaskGroup): number | string;
}

/** Columns of the list of groups, but for the dots. */
export const GROUP_COLUMNS: readonly GroupColumn[] = [
  { key: 'task', label: 'Task', number: false, value: ({ taskName }) => taskName },
  { key: 'runs', label: 'Runs', number: true, value: ({ totalRuns }) => Number(totalRuns) },
  {
    key: 'failures',
    label: 'Failure rate',
    number: true,
    value: ({ averageFailureRate }) => averageFailureRate,
  },
  { key: 'duration', label: 'Average duration', number: true, value: (group) => ms(group.averageDuration) },
  { key: 'wait', label: 'Until running', number: true, value: (group) => ms(group.averageTimeToRunning) },
  { key: 'latest', label: 'Latest run', number: true, value: (group) => millis(group.latestRunTime) ?? 0 },
];

/** Groups in the order that the address names: `runs`, or `-runs` from large to small; else the latest first. */
export function sortGroups(groups: readonly TaskGroup[], sort = '-latest'): TaskGroup[] {
  const down = sort.startsWith('-');
  const key = down ? sort.slice(1) : sort;
  const column = GROUP_COLUMNS.find((one) => one.key === key);
  if (column === undefined) return sortGroups(groups);
  return [...groups].sort((a, b) => {
    const [x, y] = [column.value(a), column.value(b)];
    const order = typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y));
    return (down ? -order : order) || a.taskName.localeCompare(b.taskName);
  });
}

/** Milliseconds of a protobuf duration; 0 if unset. */
export function ms(duration: Duration | undefined): number {
  return duration === undefined ? 0 : durationMs(duration);
}
