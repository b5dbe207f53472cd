import { type ReactNode, useState } from 'react';
import type { TriggerName } from '../../../src/gen/flyteidl2/common/identifier_pb.js';
import type { Scope } from '../api/scope.ts';
import { ErrorBanner } from '../shared/error-banner.tsx';
import { MoreButton } from '../shared/more-button.tsx';
import styles from '../shared/table.module.css';
import { DeleteDialog } from './delete-dialog.tsx';
import { RevisionsDialog } from './revisions-dialog.tsx';
import { TriggerLine } from './trigger-line.tsx';
import { useTriggers } from './use-triggers.ts';

interface TriggersTableProps {
  readonly scope: Scope;
  readonly q?: string | undefined;
  /** Only those of this task; its name has no column then. */
  readonly task?: string;
  /** What stands where there are none. */
  readonly empty: ReactNode;
}

/** Triggers with what can be done with each. */
export function TriggersTable({ scope, q, task, empty }: TriggersTableProps) {
  const list = useTriggers({ scope, q, ...(task !== undefined && { task }) });
  const [dialog, setDialog] = useState<{ kind: 'delete' | 'revisions'; name: TriggerName }>();
  if (list.error !== null && list.data === undefined) {
    return (
      <ErrorBanner
        title="The triggers could not be read"
        error={list.error}
        onRetry={() => void list.refetch()}
      />
    );
  }
  const triggers = list.data?.pages.flatMap((page) => page.triggers) ?? [];
  if (list.isSuccess && triggers.length === 0) return empty;
  return (
    <div className={styles.frame}>
      <table className={styles.table}>
        <caption className="visually-hidden">Triggers</caption>
        <thead>
          <tr>
            <th scope="col">Active</th>
            <th scope="col">Trigger</th>
            {task === undefined && <th scope="col">Task</th>}
            <th scope="col">Fires</th>
            <th scope="col" data-number>
              Next
            </th>
            <th scope="col" data-number>
              Last
            </th>
            <th scope="col" data-number>
              Changed
            </th>
            <th scope="col">
              <span className="visually-hidden">What can be done</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {triggers.map((trigger) => (
            <TriggerLine
              key={`${trigger.id?.name?.taskName} ${trigger.id?.name?.name}`}
              scope={scope}
              trigger={trigger}
              withTask={task === undefined}
              onDialog={setDialog}
            />
          ))}
        </tbody>
      </table>
      <MoreButton list={list} of="triggers" />
      {dialog?.kind === 'delete' && <DeleteDialog name={dialog.name} onClose={() => setDialog(undefined)} />}
      {dialog?.kind === 'revisions' && (
        <RevisionsDialog name={dialog.name} onClose={() => setDialog(undefined)} />
      )}
    </div>
  );
}
