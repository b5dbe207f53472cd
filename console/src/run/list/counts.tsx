import { PHASES } from '../../shared/phase.ts';
import styles from './run-list.module.css';

interface CountsProps {
  readonly counts: Int32Array | undefined;
  readonly total: number;
}

/** How many actions are in which phase: a bar in parts, what ended well at its left, and the number of all. */
export function Counts({ counts, total }: CountsProps) {
  if (counts === undefined || total === 0) return null;
  const parts = ORDER.flatMap((info) => {
    const count = counts[info.phase] ?? 0;
    return count > 0 ? [{ ...info, count }] : [];
  });
  const text = parts
    .map(({ label, count }) => `${count.toLocaleString('en')} ${label.toLowerCase()}`)
    .join(', ');
  return (
    <span className={styles.counts} title={text}>
      <span className={styles.countBar} role="img" aria-label={text}>
        {parts.map(({ key, count }) => (
          <span key={key} style={{ flexGrow: count, background: `var(--phase-${key})` }} />
        ))}
      </span>
      <span className={styles.total}>{total.toLocaleString('en')}</span>
    </span>
  );
}

const RANK = [
  'succeeded',
  'recovered',
  'failed',
  'timed-out',
  'aborted',
  'paused',
  'running',
  'initializing',
  'waiting',
  'queued',
];
const ORDER = PHASES.toSorted((a, b) => RANK.indexOf(a.key) - RANK.indexOf(b.key));
