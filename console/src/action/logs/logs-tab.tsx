import { useState } from 'react';
import type { ActionAttempt } from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { useRun } from '../../run/run-context.ts';
import { EmptyState } from '../../shared/empty-state.tsx';
import { isTerminal } from '../../shared/phase.ts';
import { useAction } from '../action-context.ts';
import { AttemptPicker } from '../attempt-picker.tsx';
import { LogPanel } from './log-panel.tsx';
import styles from './logs.module.css';

/** What the attempt that is looked at has printed, and prints. */
export default function LogsTab() {
  const { kind } = useRun();
  const { details, attempt, id } = useAction();
  const [round, setRound] = useState(0);
  const told = details?.attempts.find((one) => one.attempt === attempt);
  if (kind === 'tracked-runs') return <Elsewhere attempt={told} />;
  if (details === undefined) return null;
  const ended = isTerminal(details.status?.phase) || (told !== undefined && isTerminal(told.phase));
  return (
    // Another log is another panel; so is the same one, asked for again.
    <LogPanel
      key={`${attempt} ${round}`}
      id={id}
      attempt={attempt}
      ended={ended}
      picker={<AttemptPicker />}
      elsewhere={<Links attempt={told} />}
      onRetry={() => setRound(round + 1)}
    />
  );
}

function Elsewhere({ attempt }: { readonly attempt: ActionAttempt | undefined }) {
  return (
    <EmptyState title="The log is where it ran">
      A tracked run reports what it does, not what it prints: look in the terminal that it was started in.
      <Links attempt={attempt} />
    </EmptyState>
  );
}

/** Places of logs that were reported with the attempt. */
function Links({ attempt }: { readonly attempt: ActionAttempt | undefined }) {
  const links = attempt?.logInfo.filter(({ uri }) => uri !== '') ?? [];
  if (links.length === 0) return null;
  return (
    <ul className={styles.links}>
      {links.map(({ uri, name }) => (
        <li key={uri}>
          {/^https?:\/\//.test(uri) ? (
            <a href={uri} target="_blank" rel="noreferrer">
              {name || uri}
            </a>
          ) : (
            <span className="mono">{uri}</span>
          )}
        </li>
      ))}
    </ul>
  );
}
