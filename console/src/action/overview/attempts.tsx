import { Button } from '@mantine/core';
import { Fragment, useState } from 'react';
import { ActionPhase } from '../../../../src/gen/flyteidl2/common/phase_pb.js';
import type {
  ActionAttempt,
  ActionDetails,
  PhaseTransition,
} from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { milliseconds } from '../../run/tree/item.ts';
import { useNow } from '../../shared/clock.ts';
import { durationText, fullTime } from '../../shared/instant.ts';
import { PhaseIcon, phaseColours } from '../../shared/phase-badge.tsx';
import { isTerminal, phaseInfo } from '../../shared/phase.ts';
import { Duration, useTimeStyle } from '../../shared/time.tsx';
import { useAction } from '../action-context.ts';
import panel from '../action-panel.module.css';
import { ErrorBlock } from './outcome.tsx';
import { clockText } from './clock-text.ts';
import styles from './overview.module.css';
import { stripe } from './stripe.ts';

/** So many are drawn before somebody asks for more: of a task that is tried again and again the latest tell most. */
const SHOWN = 20;

/** Every try at the action, the latest first: how long it was in which phase, and why it ended. */
export function Attempts({ details }: { readonly details: ActionDetails }) {
  const [all, setAll] = useState(false);
  const attempts = details.attempts.toReversed();
  const shown = all ? attempts : attempts.slice(0, SHOWN);
  // One scale for all attempts, so that their lengths can be compared.
  const longest = useLongest(attempts);
  if (attempts.length === 0) return null;
  return (
    <section className={panel.section} aria-label="Attempts">
      <h3>{attempts.length === 1 ? 'Phases' : `${attempts.length} attempts`}</h3>
      {shown.map((attempt, index) => (
        <Attempt
          key={attempt.attempt}
          attempt={attempt}
          longest={longest}
          many={attempts.length > 1}
          // The latest error stands at the top of the page already.
          error={index > 0 || details.result.case !== 'errorInfo'}
        />
      ))}
      {shown.length < attempts.length && (
        <Button variant="default" onClick={() => setAll(true)}>
          Show the {(attempts.length - shown.length).toLocaleString('en')} before
        </Button>
      )}
    </section>
  );
}

function useLongest(attempts: readonly ActionAttempt[]): number {
  const now = useNow(attempts.some(({ phase }) => !isTerminal(phase)));
  return attempts.reduce(
    (longest, attempt) => Math.max(longest, endOf(attempt, now) - milliseconds(attempt.startTime)),
    1,
  );
}

function endOf({ phase, endTime, startTime }: ActionAttempt, now: number): number {
  const end = milliseconds(endTime);
  if (!Number.isNaN(end)) return end;
  return isTerminal(phase) ? milliseconds(startTime) : now;
}

interface AttemptProps {
  readonly attempt: ActionAttempt;
  readonly longest: number;
  readonly many: boolean;
  readonly error: boolean;
}

function Attempt({ attempt, longest, many, error }: AttemptProps) {
  const { change, hrefOf, details } = useAction();
  const now = useNow(!isTerminal(attempt.phase));
  const parts = stripe(
    attempt.phaseTransitions,
    milliseconds(attempt.startTime),
    endOf(attempt, now),
    longest,
  );
  const toLog = { tab: 'logs', attempt: String(attempt.attempt) } as const;
  return (
    <div className={styles.attempt}>
      {many && (
        <div className={styles.attemptHead}>
          <b>Attempt {attempt.attempt}</b>
          <PhaseIcon phase={attempt.phase} /> {phaseInfo(attempt.phase).label}
          <span className="muted">
            <Duration from={attempt.startTime} to={isTerminal(attempt.phase) ? attempt.endTime : undefined} />
          </span>
          {details?.spec.case === 'task' && (
            <a
              className={styles.toLog}
              href={hrefOf(toLog)}
              onClick={(event) => {
                if (event.ctrlKey || event.metaKey || event.shiftKey) return;
                event.preventDefault();
                change(toLog);
              }}
            >
              Log
            </a>
          )}
        </div>
      )}
      <div className={styles.stripe} aria-hidden>
        {parts.map(({ phase, left, width }) => (
          <span
            key={phase}
            style={{ ...phaseColours(phase), left: `${left}%`, width: `max(2px, ${width}%)` }}
            title={phaseInfo(phase).label}
          />
        ))}
      </div>
      <dl className={styles.steps}>
        {attempt.phaseTransitions.map((step) => (
          <Step key={step.phase} step={step} now={now} />
        ))}
      </dl>
      {error && attempt.errorInfo !== undefined && (
        <ErrorBlock error={attempt.errorInfo} phase={ActionPhase.FAILED} />
      )}
      <Links attempt={attempt} />
    </div>
  );
}

function Step({ step, now }: { readonly step: PhaseTransition; readonly now: number }) {
  const terminal = isTerminal(step.phase);
  const start = milliseconds(step.startTime);
  const end = milliseconds(step.endTime);
  const length = Number.isNaN(end) ? Math.max(0, now - start) : end - start;
  return (
    <Fragment>
      <dt>
        <PhaseIcon phase={step.phase} /> {phaseInfo(step.phase).label}
      </dt>
      <dd>
        <Clock at={start} />
      </dd>
      <dd className={styles.length}>{terminal ? '' : durationText(length)}</dd>
    </Fragment>
  );
}

/** The time of day: of steps that follow each other within seconds, "3 min ago" says nothing. */
function Clock({ at }: { readonly at: number }) {
  const [style] = useTimeStyle();
  if (Number.isNaN(at)) return <span className="muted">–</span>;
  return (
    <time dateTime={new Date(at).toISOString()} title={fullTime(at)} className={styles.clock}>
      {clockText(at, style === 'utc')}
    </time>
  );
}

/** Pages about the attempt that were reported with it: logs kept elsewhere, dashboards. */
function Links({ attempt }: { readonly attempt: ActionAttempt }) {
  const links = attempt.logInfo.filter(({ uri }) => /^https?:\/\//.test(uri));
  if (links.length === 0) return null;
  return (
    <p className={styles.meta}>
      {links.map(({ uri, name }) => (
        <a key={uri} href={uri} target="_blank" rel="noreferrer">
          {name || uri}
        </a>
      ))}
    </p>
  );
}
