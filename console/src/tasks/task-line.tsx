import { Link } from '@tanstack/react-router';
import type { Task, TaskTriggersSummary } from '../../../src/gen/flyteidl2/task/task_definition_pb.js';
import type { TaskGroup } from '../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import type { Scope } from '../api/scope.ts';
import { ms } from '../runs/group-columns.ts';
import { percent, RecentRuns } from '../runs/recent-runs.tsx';
import { durationText } from '../shared/instant.ts';
import { PhaseIcon } from '../shared/phase-badge.tsx';
import { Time } from '../shared/time.tsx';
import { scheduleText } from '../triggers/schedule-text.ts';
import styles from './task-line.module.css';

interface TaskLineProps {
  readonly scope: Scope;
  readonly task: Task;
  /** Numbers of its runs, if it has any. */
  readonly group: TaskGroup | undefined;
}

/** One task. */
export function TaskLine({ scope, task: { taskId, metadata, taskSummary }, group }: TaskLineProps) {
  if (taskId === undefined) return null;
  const latest = taskSummary?.latestRun;
  const rate = group?.averageFailureRate ?? 0;
  return (
    <tr>
      <td>
        <Link
          to="/v2/domain/$domain/project/$project/tasks/$name"
          params={{ ...scope, name: taskId.name }}
          title={metadata?.shortDescription}
        >
          {taskId.name}
        </Link>
      </td>
      <td className="mono" title={taskId.version}>
        <span className={styles.version}>{taskId.version}</span>
      </td>
      <td data-number>
        <Time at={metadata?.deployedAt} />
      </td>
      <td>{triggersText(metadata?.triggersSummary)}</td>
      <td>
        {latest?.runId === undefined ? (
          <span className="muted">–</span>
        ) : (
          <>
            <PhaseIcon phase={latest.phase} titled />{' '}
            <Link
              to="/v2/domain/$domain/project/$project/runs/$name"
              params={{ ...scope, name: latest.runId.name }}
              className="mono"
            >
              {latest.runId.name}
            </Link>
          </>
        )}
      </td>
      <td data-number>{group === undefined ? '–' : group.totalRuns.toString()}</td>
      <td data-number data-bad={rate >= 0.2 || undefined}>
        {group === undefined ? '–' : percent(rate)}
      </td>
      <td data-number>
        {group?.averageDuration === undefined ? '–' : durationText(ms(group.averageDuration))}
      </td>
      <td>{group !== undefined && <RecentRuns scope={scope} group={group} />}</td>
    </tr>
  );
}

function triggersText(summary: TaskTriggersSummary | undefined): string {
  switch (summary?.summary.case) {
    case 'details': {
      const { active, automationSpec } = summary.summary.value;
      return `${scheduleText(automationSpec)}${active ? '' : ', paused'}`;
    }
    case 'stats': {
      const { total, active } = summary.summary.value;
      return total === 0 ? '' : `${active} of ${total} active`;
    }
    default:
      return '';
  }
}
