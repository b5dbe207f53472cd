import { useMemo, useState } from 'react';
import { Button } from '@mantine/core';
import { durationText } from '../shared/instant.ts';
import { phaseInfo } from '../shared/phase.ts';
import { PhaseIcon } from '../shared/phase-badge.tsx';
import { type ActionPair, pairsOf, type PlacedAction, placesOf } from './actions.ts';
import styles from './compare-page.module.css';
import { MOST_ACTIONS, type Side } from './use-side.ts';

/** Below both, a difference is noise. */
const NOISE_MS = 1000;
const NOISE_RATIO = 1.2;
const MOST = 300;

/** What each action of the two runs came to and how long it took, matched by their places in the tree; what differs first. */
export function CompareActions({ a, b }: { readonly a: Side; readonly b: Side }) {
  const [all, setAll] = useState(false);
  const pairs = useMemo(() => pairsOf(placesOf(a.actions), placesOf(b.actions)), [a.actions, b.actions]);
  const different = pairs.filter(differs);
  const shown = all ? pairs : different;
  return (
    <section className={styles.section} aria-label="Actions">
      <h2 className={styles.title}>
        Actions
        <span className="muted">
          {different.length === 0 ? ' the same' : ` ${different.length} different`}
        </span>
      </h2>
      <dl className={styles.rows}>
        {shown.slice(0, MOST).map((pair) => (
          <div key={pair.place} className={styles.row}>
            <dt style={{ paddingLeft: all ? pair.depth * 14 : 0 }} title={pair.place}>
              {pair.label}
            </dt>
            <dd>
              <Outcome action={pair.a} other={pair.b} />
            </dd>
            <dd>
              <Outcome action={pair.b} other={pair.a} />
            </dd>
          </div>
        ))}
      </dl>
      {shown.length > MOST && <p className={styles.none}>and {shown.length - MOST} more</p>}
      {(a.cut || b.cut) && (
        <p className={styles.none}>The first {MOST_ACTIONS} actions of each run are compared.</p>
      )}
      {pairs.length > different.length && (
        <Button
          size="compact-xs"
          variant="subtle"
          className={styles.fold}
          aria-expanded={all}
          onClick={() => setAll(!all)}
        >
          {all ? 'Only what differs' : `Show all ${pairs.length}`}
        </Button>
      )}
    </section>
  );
}

function Outcome({ action, other }: OutcomeProps) {
  if (action === undefined) return <span className="muted">not there</span>;
  const phase = action.action.status?.phase;
  const slower =
    action.ms !== undefined &&
    other?.ms !== undefined &&
    noticeable(action.ms, other.ms) &&
    action.ms > other.ms;
  return (
    <span className={styles.outcome}>
      <PhaseIcon phase={phase} /> {phaseInfo(phase).label}
      <span data-slower={slower || undefined}>{action.ms === undefined ? '' : durationText(action.ms)}</span>
    </span>
  );
}

interface OutcomeProps {
  readonly action: PlacedAction | undefined;
  readonly other: PlacedAction | undefined;
}

function differs({ a, b }: ActionPair): boolean {
  if (a === undefined || b === undefined) return true;
  if (a.action.status?.phase !== b.action.status?.phase) return true;
  return a.ms !== undefined && b.ms !== undefined && noticeable(a.ms, b.ms);
}

function noticeable(a: number, b: number): boolean {
  return Math.abs(a - b) > NOISE_MS && Math.max(a, b) > NOISE_RATIO * Math.min(a, b);
}
