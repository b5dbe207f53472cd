import type { TaskGroup } from '../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import type { Scope } from '../api/scope.ts';
import { durationText } from '../shared/instant.ts';
import { Time } from '../shared/time.tsx';
import { ms } from './group-columns.ts';
import styles from './groups-view.module.css';
import { percent, RecentRuns } from './recent-runs.tsx';

interface GroupLineProps {
  readonly scope: Scope;
  readonly group: TaskGroup;
  onOpen(task: string): void;
}

/** One task: how often it ran, how that went, and the latest runs as dots. */
export function GroupLine({ scope, group, onOpen }: GroupLineProps) {
  const { taskName, environmentName, totalRuns, averageFailureRate, errorCounts } = group;
  return (
    <tr>
      <td className={styles.task}>
        <button type="button" onClick={() => onOpen(taskName)} title="Show these runs">
          {taskName}
        </button>
        <span className="muted">{environmentName}</span>
      </td>
      <td data-number>{totalRuns.toString()}</td>
      <td data-number data-bad={averageFailureRate >= 0.2 || undefined} title={faults(errorCounts)}>
        {percent(averageFailureRate)}
      </td>
      <td data-number>
        {group.averageDuration === undefined ? '–' : durationText(ms(group.averageDuration))}
      </td>
      <td data-number>
        {group.averageTimeToRunning === undefined ? '–' : durationText(ms(group.averageTimeToRunning))}
      </td>
      <td data-number>
        <Time at={group.latestRunTime} />
      </td>
      <td className={styles.recent}>
        <RecentRuns scope={scope} group={group} />
      </td>
    </tr>
  );
}

function faults(counts: TaskGroup['errorCounts']): string {
  if (counts === undefined) return 'Failed runs among those that ended';
  const { userError, systemError, unspecifiedError } = counts;
  return `Failed runs among those that ended: ${userError} by the task, ${systemError} by the system, ${unspecifiedError} of unknown cause`;
}
