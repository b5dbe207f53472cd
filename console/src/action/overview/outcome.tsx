import { IconAlertTriangle, IconBan, IconBell } from '@tabler/icons-react';
import {
  type ActionDetails,
  type ErrorInfo,
  ErrorInfo_Kind,
} from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { ActionPhase } from '../../../../src/gen/flyteidl2/common/phase_pb.js';
import { errorLine, lastLine } from '../../shared/error-line.ts';
import { actionPath } from '../../shared/paths.ts';
import { personName } from '../../shared/people.ts';
import { phaseColours } from '../../shared/phase-badge.tsx';
import { formatJson } from '../../run/form/json.ts';
import { literalToJson } from '../../run/form/to-json.ts';
import { useRun } from '../../run/run-context.ts';
import { useAction } from '../action-context.ts';
import panel from '../action-panel.module.css';
import { FoldedText } from '../folded-text.tsx';
import styles from './overview.module.css';

/** What there is to say of how it ended: the error, who stopped it, or what was signalled. */
export function Outcome({ details }: { readonly details: ActionDetails }) {
  const { result, metadata, status } = details;
  const recovered = metadata?.recoveredFrom;
  return (
    <>
      {result.case === 'errorInfo' && (
        <section className={panel.section} aria-label="Error">
          <ErrorBlock error={result.value} phase={status?.phase} toLog />
        </section>
      )}
      {result.case === 'abortInfo' && (
        <section className={panel.section} aria-label="Aborted" style={phaseColours(ActionPhase.ABORTED)}>
          <h3 className={styles.headline}>
            <IconBan size={16} aria-hidden /> Aborted
            {personName(result.value.abortedBy) && ` by ${personName(result.value.abortedBy)}`}
          </h3>
          <p className={styles.reason}>{result.value.reason || 'No reason was given.'}</p>
        </section>
      )}
      {result.case === 'signalInfo' && (
        <section className={panel.section} aria-label="Signal" style={phaseColours(ActionPhase.SUCCEEDED)}>
          <h3 className={styles.headline}>
            <IconBell size={16} aria-hidden /> Signalled
            {personName(result.value.signalledBy) && ` by ${personName(result.value.signalledBy)}`}
          </h3>
          <p className={styles.reason}>
            Value: <b className="mono">{formatJson(literalToJson(result.value.output) ?? null)}</b>
          </p>
        </section>
      )}
      {recovered?.run !== undefined && (
        <section className={panel.section} aria-label="Recovered">
          <Recovered run={recovered.run.name} action={recovered.name} />
        </section>
      )}
    </>
  );
}

function Recovered({ run, action }: { readonly run: string; readonly action: string }) {
  const { scope, kind } = useRun();
  return (
    <p className={styles.reason}>
      Its outcome was taken over from{' '}
      <a href={actionPath(scope, kind, run, action)} className="mono">
        {run} / {action}
      </a>
      .
    </p>
  );
}

const KINDS: Readonly<Record<number, readonly [string, string]>> = {
  [ErrorInfo_Kind.USER]: ['USER', 'The error came from the task’s own code.'],
  [ErrorInfo_Kind.SYSTEM]: ['SYSTEM', 'The error came from what runs the task, not from its code.'],
};

interface ErrorBlockProps {
  readonly error: ErrorInfo;
  /** Whether to lead to the log, where nothing beside it does. */
  readonly toLog?: boolean;
  readonly phase: ActionPhase | undefined;
}

/** An error: what happened in a line, whose fault it was, and the stack. */
export function ErrorBlock({ error, phase, toLog = false }: ErrorBlockProps) {
  const { hrefOf, change, details } = useAction();
  const [kind, meaning] = KINDS[error.kind] ?? [];
  const message = error.message.trim();
  return (
    <div style={phaseColours(phase)} className={styles.error}>
      <h3 className={styles.headline}>
        <IconAlertTriangle size={16} aria-hidden />
        <span className={styles.line}>{errorLine(error) || 'It failed without a message.'}</span>
      </h3>
      <p className={styles.meta}>
        {kind !== undefined && (
          <span className={styles.kind} title={meaning}>
            {kind} error
          </span>
        )}
        {error.code && <span className="mono">{error.code}</span>}
        {toLog && details?.spec.case === 'task' && (
          <a
            href={hrefOf({ tab: 'logs' })}
            onClick={(event) => {
              if (event.ctrlKey || event.metaKey || event.shiftKey) return;
              event.preventDefault();
              change({ tab: 'logs' });
            }}
          >
            Read its log
          </a>
        )}
      </p>
      {message !== '' && message !== lastLine(message) && <FoldedText text={message} what="the error" end />}
      {error.gpuFault !== undefined && (
        <p className={styles.meta}>
          GPU fault {error.gpuFault.name} (code {error.gpuFault.code}) on {error.gpuFault.node || 'its node'}
        </p>
      )}
    </div>
  );
}
