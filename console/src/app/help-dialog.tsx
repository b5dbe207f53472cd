import { Group, Kbd, Modal, Table } from '@mantine/core';
import { useAllShortcuts } from './shortcuts.ts';

const shown: Readonly<Record<string, string>> = {
  Enter: '↵',
  Escape: 'esc',
  ' ': 'space',
  ArrowDown: '↓',
  ArrowUp: '↑',
  ArrowLeft: '←',
  ArrowRight: '→',
};

/** One of several keys that do the same: one or two that are pressed in a row. */
type Keys = readonly string[];

/** What keys do, with all that do it, in the order in which they were offered. */
function byLabel(
  shortcuts: readonly { readonly keys: string; readonly label: string }[],
): [string, Keys[]][] {
  const rows = new Map<string, Keys[]>();
  for (const { keys, label } of shortcuts) {
    const names = keys.split(' ').map((key) => shown[key] ?? key);
    const row = rows.get(label);
    if (row === undefined) rows.set(label, [names]);
    else row.push(names);
  }
  return [...rows];
}

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
          <Row keys={[['Ctrl or ⌘', 'K']]} label="Palette: go to any page or run, by its name" />
          {byLabel(unique).map(([label, keys]) => (
            <Row key={label} keys={keys} label={label} />
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}

function Row({ keys, label }: { readonly keys: readonly Keys[]; readonly label: string }) {
  return (
    <Table.Tr>
      <Table.Td w={140}>
        <Group gap={12}>
          {keys.map((sequence) => (
            <Group key={sequence.join(' ')} gap={4}>
              {sequence.map((key) => (
                <Kbd key={key} size="xs">
                  {key}
                </Kbd>
              ))}
            </Group>
          ))}
        </Group>
      </Table.Td>
      <Table.Td>{label}</Table.Td>
    </Table.Tr>
  );
}
