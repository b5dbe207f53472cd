import { Tooltip } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { TaskGroup } from '../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import type { Scope } from '../api/scope.ts';
import { durationText } from '../shared/instant.ts';
import { runPath } from '../shared/paths.ts';
import { phaseInfo } from '../shared/phase.ts';
import { phaseColours } from '../shared/phase-badge.tsx';
import { Time } from '../shared/time.tsx';
import { ms } from './group-columns.ts';
import styles from './groups-view.module.css';

interface GroupLineProps {
  readonly scope: Scope;
  readonly group: TaskGroup;
  onOpen(task: string): void;
}

const DOTS = 20;

/** One task: how often it ran, how that went, and the latest runs as dots. */
export function GroupLine({ scope, group, onOpen }: GroupLineProps) {
  const { taskName, environmentName, totalRuns, averageFailureRate, errorCounts } = group;
  const recent = group.recentStatuses.slice(0, DOTS).reverse();
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
        <span className={styles.dots}>
          {recent.map(({ runName, phase }) => {
            const { label } = phaseInfo(phase);
            return (
              <Tooltip key={runName} label={`${runName}: ${label.toLowerCase()}`}>
                <Link
                  to={runPath(scope, 'runs', runName) as string}
                  className={styles.dot}
                  style={phaseColours(phase)}
                  aria-label={`${runName}: ${label.toLowerCase()}`}
                  data-phase={phaseInfo(phase).key}
                />
              </Tooltip>
            );
          })}
        </span>
      </td>
    </tr>
  );
}

/** Whole percents, but never a nought for what happened. */
function percent(rate: number): string {
  if (rate > 0 && rate < 0.01) return '<1 %';
  return `${Math.round(rate * 100)} %`;
}

function faults(counts: TaskGroup['errorCounts']): string {
  if (counts === undefined) return 'Failed runs among those that ended';
  const { userError, systemError, unspecifiedError } = counts;
  return `Failed runs among those that ended: ${userError} by the task, ${systemError} by the system, ${unspecifiedError} of unknown cause`;
}
