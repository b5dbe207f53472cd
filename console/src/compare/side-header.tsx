import { Link } from '@tanstack/react-router';
import { durationText, millis } from '../shared/instant.ts';
import { PhaseBadge } from '../shared/phase-badge.tsx';
import { Duration, Time } from '../shared/time.tsx';
import styles from './compare-page.module.css';
import type { Side } from './use-side.ts';

/** Which run it is, how it went, and how much longer than the other it took. */
export function SideHeader({ side, other }: { readonly side: Side; readonly other: Side }) {
  const status = side.details.action?.status;
  const run = side.details.action?.id?.run;
  const [mine, theirs] = [lengthOf(side), lengthOf(other)];
  return (
    <div className={styles.head}>
      <div className={styles.which}>
        <PhaseBadge phase={status?.phase} />
        {run !== undefined && (
          <Link
            className={`mono ${styles.link}`}
            to="/v2/domain/$domain/project/$project/runs/$name"
            params={{ domain: run.domain, project: run.project, name: side.name }}
          >
            {side.name}
          </Link>
        )}
      </div>
      <span className="muted">
        <Time at={status?.startTime} />, <Duration from={status?.startTime} to={status?.endTime} />
        {mine !== undefined &&
          theirs !== undefined &&
          mine > theirs &&
          ` (${durationText(mine - theirs)} longer)`}
      </span>
    </div>
  );
}

function lengthOf({ details }: Side): number | undefined {
  const status = details.action?.status;
  const [start, end] = [millis(status?.startTime), millis(status?.endTime)];
  return start === undefined || end === undefined ? undefined : end - start;
}
