import { memo, type MouseEvent } from 'react';
import type { RunKind } from '../api/clients.ts';
import type { Scope } from '../api/scope.ts';
import { runPath } from '../shared/paths.ts';
import { PhaseBadge } from '../shared/phase-badge.tsx';
import { Duration, Time } from '../shared/time.tsx';
import { failed, useReason } from './error-lines.ts';
import type { RunRow } from './run-row.ts';
import styles from './run-table.module.css';
import { SOURCES } from './runs-search.ts';

interface RunLineProps {
  readonly kind: RunKind;
  readonly scope: Scope;
  readonly row: RunRow;
  readonly index: number;
  readonly top: number;
  readonly selected: boolean;
  readonly current: boolean;
  onSelect(name: string, extend: boolean): void;
  onOpen(event: MouseEvent): void;
  onTask(task: string): void;
  onLabel(label: string): void;
}

/** One run. */
export const RunLine = memo(function RunLine(props: RunLineProps) {
  const { kind, scope, row, index, top, selected, current, onSelect, onOpen, onTask } = props;
  const source = SOURCES.find((one) => one.source === row.source)?.label ?? '';
  return (
    <tr
      aria-rowindex={index + 2}
      aria-selected={selected}
      className={styles.row}
      data-current={current || undefined}
      data-run={row.name}
      style={{ transform: `translateY(${top}px)` }}
    >
      <td className={styles.check}>
        <input
          type="checkbox"
          checked={selected}
          aria-label={`Select ${row.name}`}
          onChange={() => undefined}
          onClick={(event) => onSelect(row.name, event.shiftKey)}
        />
      </td>
      <td>
        <PhaseBadge phase={row.phase} />
      </td>
      <td className={styles.run}>
        <a href={runPath(scope, kind, row.name)} className={styles.name} title={row.name} onClick={onOpen}>
          {row.name}
        </a>
      </td>
      <td className={styles.task}>
        <button
          type="button"
          className={styles.quiet}
          onClick={() => onTask(row.task)}
          title={`Only runs of ${row.task}`}
        >
          {row.task}
        </button>
        <span className={styles.version}>{row.version}</span>
      </td>
      <td className={styles.about}>
        <About {...props} />
      </td>
      <td className={styles.who} title={row.who}>
        {row.trigger === '' ? row.who : row.trigger}
      </td>
      <td className={styles.source}>{source}</td>
      <td className={styles.number}>
        <Time at={row.start} />
      </td>
      <td className={styles.number}>
        <Duration from={row.start} to={row.end} />
      </td>
    </tr>
  );
});

/** Why it failed; of all others, the labels. */
function About(props: RunLineProps) {
  return failed.has(props.row.phase) ? <ReasonOf {...props} /> : <Labels {...props} />;
}

function ReasonOf(props: RunLineProps) {
  const reason = useReason(props.kind, props.scope, props.row);
  if (reason === undefined) return <Labels {...props} />;
  return (
    <span className={styles.error} title={reason.whole}>
      {reason.line}
    </span>
  );
}

function Labels({ row, onLabel }: RunLineProps) {
  return Object.entries(row.labels).map(([key, value]) => (
    <button
      key={key}
      type="button"
      className={styles.label}
      title="Only runs with this label"
      onClick={() => onLabel(`${key}=${value}`)}
    >
      {key}={value}
    </button>
  ));
}
