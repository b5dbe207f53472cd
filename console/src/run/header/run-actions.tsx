import { Button, Menu } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import {
  IconArrowBackUp,
  IconBan,
  IconChevronDown,
  IconColumns2,
  IconForms,
  IconRepeat,
} from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { ActionPhase } from '../../../../src/gen/flyteidl2/common/phase_pb.js';
import type { RunDetails } from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { errorText } from '../../api/errors.ts';
import { useOffer } from '../../app/palette-actions.ts';
import { isTerminal } from '../../shared/phase.ts';
import { AbortDialog } from '../rerun/abort-dialog.tsx';
import { useRun } from '../run-context.ts';
import styles from './run-header.module.css';
import { useCompare } from './use-compare.ts';

const RerunDialog = lazy(() => import('../rerun/rerun-dialog.tsx'));

/** What can be done with the run. */
export function RunActions({ details }: { readonly details: RunDetails | undefined }) {
  const { kind, tree } = useRun();
  const [dialog, setDialog] = useState<'abort' | 'inputs'>();
  const again = useRepeat(details);
  const compare = useCompare(details);
  const phase = tree.root?.phase;
  const ended = isTerminal(phase);
  const recoverable = ended && phase !== ActionPhase.SUCCEEDED && phase !== ActionPhase.RECOVERED;
  const executed = kind === 'runs' && details?.action?.spec.case === 'task';
  const close = () => setDialog(undefined);
  useOffer([
    ...(phase !== undefined && !ended ? [{ label: 'Abort this run', run: () => setDialog('abort') }] : []),
    ...(executed
      ? [
          { label: 'Re-run this run', run: () => again.mutate('rerun') },
          { label: 'Re-run with other inputs', run: () => setDialog('inputs') },
          { label: 'Compare with the last good run', run: () => compare.mutate() },
        ]
      : []),
    ...(executed && recoverable ? [{ label: 'Recover this run', run: () => again.mutate('recover') }] : []),
  ]);
  return (
    <div className={styles.actions}>
      <Button
        variant="default"
        leftSection={<IconBan size={14} />}
        disabled={phase === undefined || ended}
        onClick={() => setDialog('abort')}
      >
        Abort
      </Button>
      {kind === 'runs' && (
        <Button.Group>
          <Button
            variant="default"
            leftSection={<IconRepeat size={14} />}
            disabled={!executed}
            loading={again.isPending}
            onClick={() => again.mutate('rerun')}
          >
            Re-run
          </Button>
          <Menu position="bottom-end">
            <Menu.Target>
              <Button variant="default" px={6} disabled={!executed} aria-label="More ways to run it again">
                <IconChevronDown size={14} />
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconForms size={14} />} onClick={() => setDialog('inputs')}>
                Re-run with other inputs…
              </Menu.Item>
              <Menu.Item
                leftSection={<IconArrowBackUp size={14} />}
                disabled={!recoverable}
                onClick={() => again.mutate('recover')}
              >
                Recover: keep what succeeded
              </Menu.Item>
              <Menu.Item
                leftSection={<IconColumns2 size={14} />}
                disabled={!executed}
                onClick={() => compare.mutate()}
              >
                Compare with the last good run
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </Button.Group>
      )}
      <div className={styles.dialogs}>
        <AbortDialog opened={dialog === 'abort'} onClose={close} />
        {dialog === 'inputs' && details !== undefined && (
          <Suspense>
            <RerunDialog details={details} onClose={close} />
          </Suspense>
        )}
      </div>
    </div>
  );
}

function useRepeat(details: RunDetails | undefined) {
  const run = useRun();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: async (how: 'rerun' | 'recover') => {
      if (details === undefined) throw new Error('The run is not loaded yet.');
      const { repeatRun } = await import('../rerun/repeat-run.ts');
      return repeatRun(run, details, { how });
    },
    onSuccess: (name) => {
      notifications.show({ message: `Started ${name}`, color: 'green' });
      void navigate({ to: '/v2/domain/$domain/project/$project/runs/$name', params: { ...run.scope, name } });
    },
    onError: (error) =>
      notifications.show({
        title: 'The run was not started',
        message: errorText(error),
        color: 'red',
        autoClose: false,
      }),
  });
}
