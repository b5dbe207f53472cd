import { Tooltip } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { TaskGroup } from '../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import type { Scope } from '../api/scope.ts';
import { phaseInfo } from '../shared/phase.ts';
import { phaseColours } from '../shared/phase-badge.tsx';
import styles from './recent-runs.module.css';

interface RecentRunsProps {
  readonly scope: Scope;
  readonly group: TaskGroup;
}

const DOTS = 20;

/** The latest runs of a group as dots in the colours of their phases, the latest on the right. */
export function RecentRuns({ scope, group }: RecentRunsProps) {
  const recent = group.recentStatuses.slice(0, DOTS).reverse();
  return (
    <span className={styles.dots}>
      {recent.map(({ runName, phase }) => {
        const { label, key } = phaseInfo(phase);
        const text = `${runName}: ${label.toLowerCase()}`;
        return (
          <Tooltip key={runName} label={text}>
            <Link
              to="/v2/domain/$domain/project/$project/runs/$name"
              params={{ ...scope, name: runName }}
              className={styles.dot}
              style={phaseColours(phase)}
              aria-label={text}
              data-phase={key}
            />
          </Tooltip>
        );
      })}
    </span>
  );
}

/** Whole percents, but never a nought for what happened. */
export function percent(rate: number): string {
  if (rate > 0 && rate < 0.01) return '<1 %';
  return `${Math.round(rate * 100)} %`;
}
