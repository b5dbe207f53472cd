import { Anchor } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Scope } from '../api/scope.ts';
import { rowOf } from '../runs/run-row.ts';
import { EmptyState } from '../shared/empty-state.tsx';
import { ErrorBanner } from '../shared/error-banner.tsx';
import { PhaseBadge } from '../shared/phase-badge.tsx';
import styles from '../shared/table.module.css';
import { Duration, Time } from '../shared/time.tsx';
import { useTaskRuns } from './use-tasks.ts';

interface TaskRunsProps {
  readonly scope: Scope;
  readonly name: string;
  /** The runs are read again when it changes. */
  readonly changed: string;
}

/** The newest runs of a task. */
export function TaskRuns({ scope, name, changed }: TaskRunsProps) {
  const { data, error, refetch } = useTaskRuns(scope, name, changed);
  if (error !== null && data === undefined) {
    return <ErrorBanner title="The runs could not be read" error={error} onRetry={() => void refetch()} />;
  }
  const rows = data?.runs.flatMap((run) => rowOf(run) ?? []) ?? [];
  if (data !== undefined && rows.length === 0) {
    return <EmptyState title="It has not run yet">Its newest runs will be shown here.</EmptyState>;
  }
  return (
    <div className={styles.frame}>
      <table className={styles.table}>
        <caption className="visually-hidden">The newest runs of the task</caption>
        <thead>
          <tr>
            <th scope="col">Phase</th>
            <th scope="col">Run</th>
            <th scope="col">Version</th>
            <th scope="col">By</th>
            <th scope="col" data-number>
              Started
            </th>
            <th scope="col" data-number>
              Duration
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <td>
                <PhaseBadge phase={row.phase} />
              </td>
              <td className="mono">
                <Link
                  to="/v2/domain/$domain/project/$project/runs/$name"
                  params={{ ...scope, name: row.name }}
                >
                  {row.name}
                </Link>
              </td>
              <td className="mono">{row.version}</td>
              <td>{row.trigger || row.who}</td>
              <td data-number>
                <Time at={row.start} />
              </td>
              <td data-number>
                <Duration from={row.start} to={row.end} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Anchor
        size="sm"
        m="md"
        display="inline-block"
        renderRoot={(props) => (
          <Link
            {...props}
            to="/v2/domain/$domain/project/$project/runs"
            params={scope}
            search={{ task: name }}
          />
        )}
      >
        All runs of this task
      </Anchor>
    </div>
  );
}
