import { Group, Kbd, Modal, Table } from '@mantine/core';
import { useAllShortcuts } from './shortcuts.ts';

const shown: Readonly<Record<string, string>> = { Enter: '↵', Escape: 'esc', ' ': 'space' };

/** Every key that works on the page behind it. */
export function HelpDialog({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) {
  const shortcuts = useAllShortcuts();
  const unique = [...new Map(shortcuts.map((shortcut) => [shortcut.keys, shortcut])).values()];
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title="Keys"
      size="md"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Table verticalSpacing={6}>
        <Table.Tbody>
          <Row keys={['Ctrl or ⌘', 'K']} label="Palette: go to any page or run, by its name" />
          {unique.map(({ keys, label }) => (
            <Row key={keys} keys={keys.split(' ').map((key) => shown[key] ?? key)} label={label} />
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}

function Row({ keys, label }: { readonly keys: readonly string[]; readonly label: string }) {
  return (
    <Table.Tr>
      <Table.Td w={140}>
        <Group gap={4}>
          {keys.map((key) => (
            <Kbd key={key} size="xs">
              {key}
            </Kbd>
          ))}
        </Group>
      </Table.Td>
      <Table.Td>{label}</Table.Td>
    </Table.Tr>
  );
}
