import { Button, Group, Modal, Text } from '@mantine/core';
import type { TriggerName } from '../../../src/gen/flyteidl2/common/identifier_pb.js';
import { useChangeTrigger } from './use-triggers.ts';

/** Asks once more, then deletes the trigger. */
export function DeleteDialog({ name, onClose }: { readonly name: TriggerName; onClose(): void }) {
  const change = useChangeTrigger();
  return (
    <Modal
      opened
      onClose={onClose}
      title={`Delete the trigger ${name.name}?`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Text size="sm">
        It fires no more. Runs that it started stay, and so does its history; deploying {name.taskName} again
        brings it back.
      </Text>
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose}>
          Keep
        </Button>
        <Button
          color="red"
          loading={change.isPending}
          onClick={() => change.mutate({ name, change: 'delete' }, { onSuccess: onClose })}
        >
          Delete
        </Button>
      </Group>
    </Modal>
  );
}
