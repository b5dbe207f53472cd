import type { RunDetails } from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { useNow } from '../../shared/clock.ts';
import { durationText } from '../../shared/instant.ts';
import { isTerminal } from '../../shared/phase.ts';
import { attemptsOf, type Part, splitOf } from '../timeline/segments.ts';
import styles from './run-header.module.css';

const PARTS: readonly { part: Part; label: string; colour: string }[] = [
  { part: 'queued', label: 'queued', colour: 'queued' },
  { part: 'waiting', label: 'waiting', colour: 'waiting' },
  { part: 'starting', label: 'starting', colour: 'initializing' },
  { part: 'running', label: 'running', colour: 'running' },
  { part: 'paused', label: 'paused', colour: 'paused' },
];

/** What the time of the run was spent with. */
export function Durations({ details }: { readonly details: RunDetails | undefined }) {
  const now = useNow(!isTerminal(details?.action?.status?.phase));
  const split = splitOf(attemptsOf(details?.action), now);
  const shown = PARTS.filter(
    ({ part }) => part === 'queued' || part === 'starting' || part === 'running' || split[part] > 0,
  );
  return (
    <div className={styles.fact}>
      <dt className="visually-hidden">Of that</dt>
      <dd className={styles.split}>
        {shown.map(({ part, label, colour }) => (
          <span key={part} className={styles.part}>
            <span className={styles.dot} style={{ background: `var(--phase-${colour})` }} aria-hidden />
            {details === undefined ? '–' : durationText(split[part])} {label}
          </span>
        ))}
      </dd>
    </div>
  );
}
