import { Anchor, UnstyledButton } from '@mantine/core';
import { useMemo } from 'react';
import type { RunDetails } from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { useFrameStore } from '../../api/use-page-stream.ts';
import { errorExcerpt, errorLine } from '../../shared/error-line.ts';
import { phaseColours } from '../../shared/phase-badge.tsx';
import { personName } from '../../shared/people.ts';
import { useRun } from '../run-context.ts';
import { culprit } from '../tree/trouble.ts';
import styles from './run-header.module.css';

/** Why the run failed or who stopped it, in a line that opens all of it, and which of its actions it failed in. */
export function Verdict({ details }: { readonly details: RunDetails | undefined }) {
  const { openAction, tree } = useRun();
  const version = useFrameStore(tree.frames);
  const failed = details?.action?.result.case === 'errorInfo';
  const cause = useMemo(() => {
    void version;
    return failed ? culprit(tree.items()) : undefined;
  }, [failed, tree, version]);
  const text = textOf(details);
  if (text === undefined) return null;
  return (
    <>
      <UnstyledButton
        className={styles.verdict}
        style={phaseColours(details?.action?.status?.phase)}
        title={titleOf(details) ?? text}
        onClick={() => openAction(tree.root?.id ?? 'a0')}
      >
        {text}
      </UnstyledButton>
      {cause !== undefined && (
        <span className={styles.relation}>
          Failed in{' '}
          <Anchor component="button" type="button" fz="xs" onClick={() => openAction(cause.id)}>
            {cause.label}
          </Anchor>
        </span>
      )}
    </>
  );
}

function titleOf(details: RunDetails | undefined): string | undefined {
  const result = details?.action?.result;
  return result?.case === 'errorInfo' ? errorExcerpt(result.value.message) : undefined;
}

function textOf(details: RunDetails | undefined): string | undefined {
  const result = details?.action?.result;
  switch (result?.case) {
    case 'errorInfo':
      return errorLine(result.value) || 'It failed.';
    case 'abortInfo': {
      const person = personName(result.value.abortedBy);
      return `Aborted${person === '' ? '' : ` by ${person}`}${result.value.reason === '' ? '' : `: ${result.value.reason}`}`;
    }
    default:
      return undefined;
  }
}
