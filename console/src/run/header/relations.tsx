import { ActionIcon, Loader, Menu, Tooltip } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { RelationType } from '../../../../src/gen/flyteidl2/common/run_pb.js';
import type { TaskIdentifier } from '../../../../src/gen/flyteidl2/task/task_definition_pb.js';
import type { Action, RunDetails } from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { runClient } from '../../api/clients.ts';
import { errorText } from '../../api/errors.ts';
import { organization } from '../../api/organization.ts';
import { PhaseIcon } from '../../shared/phase-badge.tsx';
import { Time } from '../../shared/time.tsx';
import { useRun } from '../run-context.ts';
import styles from './run-header.module.css';

const WORDS: Readonly<Record<number, string>> = {
  [RelationType.RERUN]: 'Re-run of',
  [RelationType.RECOVER]: 'Recovers',
  [RelationType.SPAWN]: 'Started by',
  [RelationType.TRIGGERED]: 'Triggered by',
  [RelationType.ON_ARTIFACT]: 'After an artifact of',
};

const RUN = {
  runs: '/v2/domain/$domain/project/$project/runs/$name',
  'tracked-runs': '/v2/domain/$domain/project/$project/tracked-runs/$name',
} as const;

/** The run that this one came from. */
export function Relation({ details }: { readonly details: RunDetails | undefined }) {
  const { kind } = useRun();
  const relation = details?.runSpec?.relation ?? details?.action?.metadata?.relation;
  const to = relation?.relatedTo;
  if (relation === undefined || to === undefined) return null;
  return (
    <span className={styles.relation}>
      {WORDS[relation.relationType] ?? 'Related to'}{' '}
      <Link
        to={RUN[kind]}
        params={{ project: to.project, domain: to.domain, name: to.name }}
        className="mono"
      >
        {to.name}
      </Link>
    </span>
  );
}

/** How a run came of the one that is shown, if it did. */
function cameOf(action: Action | undefined, name: string): string {
  const relation = action?.metadata?.relation;
  if (relation?.relatedTo?.name !== name) return '';
  return relation.relationType === RelationType.RECOVER ? ' (recovers this one)' : ' (came of this one)';
}

const MOST = 12;

/** A menu of the newest runs of the same task. */
export function OtherRuns({ task }: { readonly task: TaskIdentifier | undefined }) {
  const { kind, scope, name } = useRun();
  const [opened, setOpened] = useState(false);
  const taskName = task?.name ?? '';
  const { data, error } = useQuery({
    queryKey: ['runs-of-task', kind, scope.project, scope.domain, taskName],
    enabled: opened,
    staleTime: 0,
    queryFn: ({ signal }) =>
      runClient(kind).listRuns(
        {
          request: { limit: MOST },
          scopeBy: {
            case: 'taskName',
            value: { org: task?.org || organization(), ...scope, name: taskName },
          },
        },
        { signal },
      ),
  });
  if (taskName === '') return null;
  return (
    <Menu opened={opened} onChange={setOpened} position="bottom-start">
      <Menu.Target>
        <Tooltip label="Other runs of this task">
          <ActionIcon size="sm" aria-label="Other runs of this task">
            <IconHistory size={14} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown miw={320}>
        <Menu.Label>Newest runs of {taskName}</Menu.Label>
        {data === undefined && (
          <Menu.Item disabled>{error === null ? <Loader size={14} /> : errorText(error)}</Menu.Item>
        )}
        {data?.runs.map(({ action }) => (
          <Menu.Item
            key={action?.id?.run?.name}
            leftSection={<PhaseIcon phase={action?.status?.phase} titled />}
            rightSection={
              <span className={styles.when}>
                <Time at={action?.status?.startTime} />
              </span>
            }
            renderRoot={(props) => (
              <Link {...props} to={RUN[kind]} params={{ ...scope, name: action?.id?.run?.name ?? '' }} />
            )}
          >
            <span className="mono">{action?.id?.run?.name}</span>
            {action?.id?.run?.name === name ? ' (this one)' : cameOf(action, name)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
