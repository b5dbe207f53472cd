import { Button, Group, List, Modal, Stack, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { type RunKind, runClient } from '../api/clients.ts';
import { errorText } from '../api/errors.ts';
import { runId, type Scope } from '../api/scope.ts';
import { limiter } from './limiter.ts';

const SHOWN = 8;

interface AbortDialogProps {
  readonly kind: RunKind;
  readonly scope: Scope;
  readonly names: readonly string[];
  readonly opened: boolean;
  onClose(): void;
  /** All of them are aborted. */
  onDone(): void;
}

/** Asks once more, and for a reason, then stops the runs. */
export function AbortDialog({ kind, scope, names: going, opened, onClose, onDone }: AbortDialogProps) {
  const [reason, setReason] = useState('');
  const abort = useMutation({
    mutationFn: (names: readonly string[]) => abortAll(kind, scope, names, reason.trim()),
    onSuccess: (failures, names) => {
      onClose();
      setReason('');
      const done = names.length - failures.length;
      if (done > 0) notifications.show({ message: done === 1 ? '1 run aborted' : `${done} runs aborted` });
      for (const failure of failures)
        notifications.show({ color: 'red', message: failure, autoClose: false });
      if (failures.length === 0) onDone();
    },
  });
  // The list learns that runs have ended before all of them have.
  const names = abort.isPending ? abort.variables : going;
  const title = names.length === 1 ? 'Abort this run?' : `Abort these ${names.length} runs?`;
  return (
    <Modal opened={opened} onClose={onClose} title={title} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          abort.mutate(going);
        }}
      >
        <Stack gap="sm">
          <List size="sm">
            {names.slice(0, SHOWN).map((name) => (
              <List.Item key={name}>{name}</List.Item>
            ))}
          </List>
          {names.length > SHOWN && <Text size="sm">and {names.length - SHOWN} more</Text>}
          <Text size="sm" c="var(--console-muted)">
            {kind === 'runs'
              ? 'Everything that goes on in them is stopped. This can’t be undone.'
              : 'They execute somewhere else: whoever executes them learns it with its next report.'}
          </Text>
          <TextInput
            label="Reason"
            placeholder="Shown in the run’s details"
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            maxLength={500}
            data-autofocus
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Keep
            </Button>
            <Button type="submit" color="red" loading={abort.isPending} disabled={names.length === 0}>
              Abort
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** Answers what went wrong, one sentence for each run that could not be aborted. */
async function abortAll(
  kind: RunKind,
  scope: Scope,
  names: readonly string[],
  reason: string,
): Promise<string[]> {
  const inTurn = limiter(3);
  const never = new AbortController().signal;
  const client = runClient(kind);
  const outcomes = await Promise.allSettled(
    names.map((name) =>
      inTurn(() => client.abortRun({ runId: runId(scope, name), ...(reason !== '' && { reason }) }), never),
    ),
  );
  return outcomes.flatMap((outcome, index) =>
    outcome.status === 'rejected' ? [`${names[index]} was not aborted: ${errorText(outcome.reason)}`] : [],
  );
}
