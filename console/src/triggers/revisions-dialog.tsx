import { Loader, Modal, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { TriggerName } from '../../../src/gen/flyteidl2/common/identifier_pb.js';
import { TriggerRevisionAction } from '../../../src/gen/flyteidl2/trigger/trigger_definition_pb.js';
import { triggerClient } from '../api/trigger-client.ts';
import { errorText } from '../api/errors.ts';
import { personName } from '../shared/people.ts';
import { Time } from '../shared/time.tsx';

const WORDS: Readonly<Record<number, string>> = {
  [TriggerRevisionAction.DEPLOY]: 'deployed',
  [TriggerRevisionAction.ACTIVATE]: 'activated',
  [TriggerRevisionAction.DEACTIVATE]: 'deactivated',
  [TriggerRevisionAction.DELETE]: 'deleted',
};

const MOST = 100;

/** What happened to a trigger, the newest first. */
export function RevisionsDialog({ name, onClose }: { readonly name: TriggerName; onClose(): void }) {
  const { data, error } = useQuery({
    queryKey: ['triggers', 'revisions', name.project, name.domain, name.taskName, name.name],
    queryFn: ({ signal }) =>
      triggerClient.getTriggerRevisionHistory({ name, request: { limit: MOST } }, { signal }),
  });
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={`Revisions of ${name.name}`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {error !== null && <Text role="alert">{errorText(error)}</Text>}
      {data === undefined && error === null && <Loader size="sm" />}
      {data !== undefined && (
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Revision</Table.Th>
              <Table.Th>What</Table.Th>
              <Table.Th>Who</Table.Th>
              <Table.Th>When</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {data.triggers.map(({ id, action, createdAt, metadata }) => (
              <Table.Tr key={String(id?.revision)}>
                <Table.Td>{String(id?.revision)}</Table.Td>
                <Table.Td>{WORDS[action] ?? 'changed'}</Table.Td>
                <Table.Td>{personName(metadata?.updatedBy)}</Table.Td>
                <Table.Td>
                  <Time at={createdAt} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {data?.token && (
        <Text size="xs" c="var(--console-muted)">
          The newest {MOST} are shown.
        </Text>
      )}
    </Modal>
  );
}
