import { useNavigate } from '@tanstack/react-router';
import { memo, type MouseEvent, useCallback, useMemo, useState } from 'react';
import type { Scope } from '../../api/scope.ts';
import { rowOf, type RunRow } from '../../runs/run-row.ts';
import { useNow } from '../../shared/clock.ts';
import { EmptyState } from '../../shared/empty-state.tsx';
import { ErrorBanner } from '../../shared/error-banner.tsx';
import { durationText, fullTime } from '../../shared/instant.ts';
import { actionPath, runPath } from '../../shared/paths.ts';
import { PHASES, phaseInfo } from '../../shared/phase.ts';
import { phaseColours, PhaseIcon } from '../../shared/phase-badge.tsx';
import { useTaskRuns } from '../use-tasks.ts';
import type { GridCell, GridRow } from './grid-rows.ts';
import styles from './task-grid.module.css';
import { ACTIONS, useGrid } from './use-grid.ts';

/** How many lines are shown at first, and how many more each time. */
const LINES = 50;
const NONE: readonly RunRow[] = [];

interface TaskGridProps {
  readonly scope: Scope;
  readonly name: string;
  /** The runs are read again when it changes. */
  readonly changed: string;
}

/** The newest runs of a task side by side, the latest on the right: what became of each of their actions. */
export default function TaskGrid({ scope, name, changed }: TaskGridProps) {
  const { data, error, refetch } = useTaskRuns(scope, name, changed);
  const runs = useMemo(() => data?.runs.flatMap((run) => rowOf(run) ?? []) ?? NONE, [data]);
  const grid = useGrid(scope, runs);
  const [lines, setLines] = useState(LINES);
  const open = useOpen();
  const columns = useMemo(() => runs.toReversed(), [runs]);
  const trouble = data === undefined ? error : grid.error;
  if (trouble !== null) {
    const again = () => (data === undefined ? void refetch() : grid.retry());
    return <ErrorBanner title="The runs could not be read" error={trouble} onRetry={again} />;
  }
  if (data !== undefined && runs.length === 0) {
    return <EmptyState title="It has not run yet">Its newest runs will be shown here.</EmptyState>;
  }
  return (
    <div className={styles.frame} data-complete={data !== undefined && grid.missing === 0}>
      <table className={styles.grid}>
        <caption className="visually-hidden">
          The newest runs of the task, the latest on the right, and what became of their actions
        </caption>
        <thead>
          <tr>
            <th scope="col" className={styles.corner}>
              Action
            </th>
            <RunHeads scope={scope} columns={columns} onOpen={open} />
          </tr>
        </thead>
        <tbody>
          {grid.rows.slice(0, lines).map((row) => (
            <Line key={row.key} scope={scope} row={row} columns={columns} onOpen={open} />
          ))}
        </tbody>
      </table>
      {grid.rows.length > lines && (
        <button type="button" className={styles.more} onClick={() => setLines(lines + LINES)}>
          Show {Math.min(LINES, grid.rows.length - lines)} more of {grid.rows.length} lines
        </button>
      )}
      {grid.cut && <p className={styles.note}>Of each run, the first {ACTIONS} actions are counted.</p>}
    </div>
  );
}

/** Links are plain, because there can be a thousand of them. */
function useOpen(): (event: MouseEvent<HTMLAnchorElement>) => void {
  const navigate = useNavigate();
  return useCallback(
    (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      void navigate({ href: event.currentTarget.getAttribute('href') ?? '' });
    },
    [navigate],
  );
}

interface RunHeadsProps {
  readonly scope: Scope;
  readonly columns: readonly RunRow[];
  readonly onOpen: (event: MouseEvent<HTMLAnchorElement>) => void;
}

/** A bar for each run, as high as it took long compared to the others. */
function RunHeads({ scope, columns, onOpen }: RunHeadsProps) {
  const now = useNow(columns.some(({ terminal }) => !terminal));
  const lengthOf = ({ start, end, terminal }: RunRow) =>
    (terminal ? (end ?? start) : Math.max(now, start)) - start;
  const longest = Math.max(1, ...columns.map(lengthOf));
  return columns.map((run) => {
    const length = lengthOf(run);
    const { label } = phaseInfo(run.phase);
    const text = `${run.name}: ${label.toLowerCase()}, ${durationText(length)}, ${fullTime(run.start)}`;
    return (
      <th key={run.name} scope="col" className={styles.run}>
        <a href={runPath(scope, 'runs', run.name)} onClick={onOpen} aria-label={text} title={text}>
          <span
            className={styles.bar}
            style={{ ...phaseColours(run.phase), height: `${Math.max(4, (length / longest) * 100)}%` }}
          />
        </a>
      </th>
    );
  });
}

interface LineProps extends RunHeadsProps {
  readonly row: GridRow;
}

const Line = memo(function Line({ scope, row, columns, onOpen }: LineProps) {
  return (
    <tr>
      <th scope="row" className={styles.name} style={{ paddingLeft: 16 + Math.min(row.depth, 8) * 14 }}>
        <span title={row.label}>{row.label}</span>
      </th>
      {columns.map(({ name }) => {
        const cell = row.cells.get(name);
        if (cell === undefined) return <td key={name} />;
        const text = `${row.label} in ${name}: ${cellText(cell)}`;
        return (
          <td key={name} style={phaseColours(cell.phase)}>
            <a
              href={actionPath(scope, 'runs', name, cell.action)}
              onClick={onOpen}
              aria-label={text}
              title={text}
            >
              <PhaseIcon phase={cell.phase} size={12} />
              {cell.total > 1 && <span className={styles.count} data-count={short(cell.total)} aria-hidden />}
            </a>
          </td>
        );
      })}
    </tr>
  );
});

/** `Succeeded`, or how many of them are in which phase: `5 succeeded, 1 failed`. */
function cellText({ phase, counts, total }: GridCell): string {
  if (total === 1) return phaseInfo(phase).label.toLowerCase();
  return PHASES.filter((info) => (counts[info.phase] ?? 0) > 0)
    .map((info) => `${counts[info.phase]} ${info.label.toLowerCase()}`)
    .join(', ');
}

function short(count: number): string {
  return count > 99 ? '99+' : String(count);
}
