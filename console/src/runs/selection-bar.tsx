import { Button, Paper } from '@mantine/core';
import { IconColumns2, IconPlayerStop } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { RunKind } from '../api/clients.ts';
import type { Scope } from '../api/scope.ts';
import { AbortDialog } from './abort-dialog.tsx';
import type { RunRow } from './run-row.ts';
import styles from './selection-bar.module.css';

interface SelectionBarProps {
  readonly kind: RunKind;
  readonly scope: Scope;
  readonly selected: readonly RunRow[];
  onClear(): void;
}

/** What can be done with the runs that are selected. It lies over the list, so that nothing moves when it comes. */
export function SelectionBar({ kind, scope, selected, onClear }: SelectionBarProps) {
  const [asking, setAsking] = useState(false);
  const navigate = useNavigate();
  const compare = () => {
    // The earlier run is what the later one is compared with.
    const [a, b] = [...selected].sort((x, y) => x.start - y.start).map(({ name }) => name);
    if (a === undefined || b === undefined) return;
    void navigate({ to: '/v2/domain/$domain/project/$project/compare', params: scope, search: { a, b } });
  };
  const going = selected.filter(({ terminal }) => !terminal);
  return (
    <>
      {selected.length > 0 && (
        <Paper role="region" className={styles.bar} shadow="lg" aria-label="Selected runs">
          <span className={styles.count}>{selected.length} selected</span>
          <Button
            color="red"
            variant="light"
            leftSection={<IconPlayerStop size={14} />}
            disabled={going.length === 0}
            onClick={() => setAsking(true)}
          >
            Abort {going.length}
          </Button>
          {kind === 'runs' && (
            <Button
              variant="default"
              leftSection={<IconColumns2 size={14} />}
              disabled={selected.length !== 2}
              onClick={compare}
            >
              Compare
            </Button>
          )}
          <Button variant="subtle" onClick={onClear}>
            Clear
          </Button>
        </Paper>
      )}
      <AbortDialog
        kind={kind}
        scope={scope}
        names={going.map(({ name }) => name)}
        opened={asking}
        onClose={() => setAsking(false)}
        onDone={onClear}
      />
    </>
  );
}
