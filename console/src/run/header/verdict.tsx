import { UnstyledButton } from '@mantine/core';
import type { RunDetails } from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { phaseColours } from '../../shared/phase-badge.tsx';
import { personName } from '../../shared/people.ts';
import { useRun } from '../run-context.ts';
import styles from './run-header.module.css';

/** Why the run failed or who stopped it, in a line that opens all of it. */
export function Verdict({ details }: { readonly details: RunDetails | undefined }) {
  const { openAction, tree } = useRun();
  const text = textOf(details);
  if (text === undefined) return null;
  return (
    <UnstyledButton
      className={styles.verdict}
      style={phaseColours(details?.action?.status?.phase)}
      title={text}
      onClick={() => openAction(tree.root?.id ?? 'a0')}
    >
      {text}
    </UnstyledButton>
  );
}

function textOf(details: RunDetails | undefined): string | undefined {
  const result = details?.action?.result;
  switch (result?.case) {
    case 'errorInfo':
      // The last line of a stack trace says what happened.
      return result.value.message.trim().split('\n').at(-1) || result.value.code || 'It failed.';
    case 'abortInfo': {
      const person = personName(result.value.abortedBy);
      return `Aborted${person === '' ? '' : ` by ${person}`}${result.value.reason === '' ? '' : `: ${result.value.reason}`}`;
    }
    default:
      return undefined;
  }
}
