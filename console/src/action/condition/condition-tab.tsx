import { Skeleton } from '@mantine/core';
import { ActionPhase } from '../../../../src/gen/flyteidl2/common/phase_pb.js';
import {
  type ConditionAction,
  ConditionPromptType,
} from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { useFrameStore } from '../../api/use-page-stream.ts';
import { formatDuration } from '../../run/form/duration-text.ts';
import { typeText } from '../../run/form/literal.ts';
import { useRun } from '../../run/run-context.ts';
import { KeyValues } from '../../shared/key-values.tsx';
import { isTerminal } from '../../shared/phase.ts';
import { useAction } from '../action-context.ts';
import panel from '../action-panel.module.css';
import { Outcome } from '../overview/outcome.tsx';
import styles from './condition.module.css';
import { SignalForm } from './signal-form.tsx';
import { Markdown } from './markdown.tsx';

/** What a condition asks, and where it is answered. */
export function ConditionTab() {
  const { details, id } = useAction();
  const { tree } = useRun();
  useFrameStore(tree.frames);
  if (details === undefined) return <Skeleton h={80} m={16} w="auto" />;
  const condition = details.spec.case === 'condition' ? details.spec.value : undefined;
  // The stream knows first.
  const phase = tree.get(id.name)?.phase ?? details.status?.phase;
  return (
    <>
      {condition !== undefined && (
        <section className={panel.section} aria-label="What is asked">
          <Prompt condition={condition} />
        </section>
      )}
      {isTerminal(phase) ? (
        <Outcome details={details} />
      ) : (
        <section className={panel.section} aria-label="Answer">
          <Answer condition={condition} phase={phase} />
        </section>
      )}
    </>
  );
}

function Prompt({ condition }: { readonly condition: ConditionAction }) {
  const { prompt, promptType, description, timeout, type, webhook, name } = condition;
  return (
    <>
      {promptType === ConditionPromptType.MARKDOWN ? (
        <Markdown text={prompt} />
      ) : (
        <p className={styles.prompt}>{prompt || `A value for “${name}”`}</p>
      )}
      {description && <p className={styles.description}>{description}</p>}
      <KeyValues
        pairs={[
          ['Waits for', type?.type.case === undefined ? 'any value' : typeText(type)],
          ['At most', timeout && formatDuration(timeout)],
          ['Announced to', webhook?.url],
        ]}
      />
    </>
  );
}

interface AnswerProps {
  readonly condition: ConditionAction | undefined;
  readonly phase: ActionPhase | undefined;
}

function Answer({ condition, phase }: AnswerProps) {
  const { kind } = useRun();
  if (kind === 'tracked-runs')
    return <p className={styles.description}>It is answered where the run was started, not here.</p>;
  if (phase !== ActionPhase.PAUSED)
    return <p className={styles.description}>It does not wait for an answer yet.</p>;
  return <SignalForm type={condition?.type} />;
}
