import { Button, Group, Modal, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { runClient } from '../../api/clients.ts';
import { errorText } from '../../api/errors.ts';
import { useRun } from '../run-context.ts';
import { unfinished } from '../tree/item.ts';

/** Asks whether the run is to be ended, and why. */
export function AbortDialog({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) {
  const { kind, id, name, tree } = useRun();
  const [reason, setReason] = useState('');
  const abort = useMutation({
    mutationFn: () => runClient(kind).abortRun({ runId: id, reason: reason.trim() }),
    onSuccess: () => {
      notifications.show({ message: `Aborted ${name}` });
      onClose();
    },
  });
  const running = unfinished(tree.root?.counts) + 1;
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      closeButtonProps={{ 'aria-label': 'Close' }}
      title={`Abort ${name}?`}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          abort.mutate();
        }}
      >
        <Text size="sm" mb="sm">
          {running === 1
            ? 'Its only unfinished action is'
            : `Its ${running.toLocaleString('en')} unfinished actions are`}{' '}
          ended. This can’t be undone; what succeeded can be kept by recovering the run.
          {kind === 'tracked-runs' && ' What executes it learns that with its next report.'}
        </Text>
        <TextInput
          data-autofocus
          label="Why"
          description="Shown in the run and in each action that it ends."
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {abort.error !== null && (
          <Text size="sm" mt="sm" c="var(--phase-failed-text)" role="alert">
            {errorText(abort.error)}
          </Text>
        )}
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={onClose}>
            Let it run
          </Button>
          <Button type="submit" color="red.9" loading={abort.isPending}>
            Abort the run
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
