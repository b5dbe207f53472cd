import { ActionIcon, Tooltip } from '@mantine/core';
import { IconArrowsDiagonal, IconArrowsDiagonalMinimize2, IconX } from '@tabler/icons-react';
import { useRun } from '../run/run-context.ts';
import { type TreeItem, typeOf } from '../run/tree/item.ts';
import { attemptsOf, splitOf } from '../run/timeline/segments.ts';
import { useNow } from '../shared/clock.ts';
import { CopyButton } from '../shared/copy-button.tsx';
import { durationText } from '../shared/instant.ts';
import { PhaseBadge } from '../shared/phase-badge.tsx';
import { isTerminal } from '../shared/phase.ts';
import { Duration, Time } from '../shared/time.tsx';
import { useAction } from './action-context.ts';
import { ActionLink } from './action-link.tsx';
import styles from './action-panel.module.css';

interface ActionHeaderProps {
  /** Undefined until the run's stream has told of it. */
  readonly item: TreeItem | undefined;
  readonly name: string;
}

/** Which action this is and how it is doing. */
export function ActionHeader({ item, name }: ActionHeaderProps) {
  const { details, search, change } = useAction();
  const { closeAction } = useRun();
  const phase = item?.phase || details?.status?.phase;
  const type = typeOf(item?.action);
  const wide = search.wide === '1';
  const label = wide ? 'Beside the run (w)' : 'Full width (w)';
  return (
    <header className={styles.header}>
      <div className={styles.line}>
        <h2 className={styles.title} title={item?.label ?? name}>
          {item?.label ?? name}
        </h2>
        {type !== undefined && <span className={styles.type}>{type}</span>}
        <PhaseBadge phase={phase} />
        <span className={styles.buttons}>
          <Tooltip label={label}>
            <ActionIcon aria-label={label} onClick={() => change({ wide: wide ? undefined : '1' })}>
              {wide ? <IconArrowsDiagonalMinimize2 size={16} /> : <IconArrowsDiagonal size={16} />}
            </ActionIcon>
          </Tooltip>
          <Tooltip label="Close (esc)">
            <ActionIcon aria-label="Close the action" onClick={closeAction}>
              <IconX size={16} />
            </ActionIcon>
          </Tooltip>
        </span>
      </div>
      <Facts item={item} name={name} />
    </header>
  );
}

function Facts({ item, name }: ActionHeaderProps) {
  const { details } = useAction();
  const metadata = item?.action?.metadata ?? details?.metadata;
  const status = item?.action?.status ?? details?.status;
  const ended = isTerminal(status?.phase);
  const task = metadata?.spec.case === 'task' ? metadata.spec.value.id : undefined;
  return (
    <dl className={styles.facts}>
      <div>
        <dt>Action</dt>
        <dd>
          <span className="mono">{name}</span> <CopyButton value={name} what="the action’s name" />
        </dd>
      </div>
      {task?.name && (
        <div>
          <dt>Task</dt>
          <dd title={task.version && `version ${task.version}`}>{task.name}</dd>
        </div>
      )}
      {metadata?.parent && (
        <div>
          <dt>Started by</dt>
          <dd>
            <ActionLink action={metadata.parent} />
          </dd>
        </div>
      )}
      {metadata?.group && (
        <div>
          <dt>Group</dt>
          <dd>{metadata.group}</dd>
        </div>
      )}
      <div>
        <dt>Started</dt>
        <dd>
          <Time at={status?.startTime} />
        </dd>
      </div>
      <div>
        <dt>Duration</dt>
        <dd className={styles.duration}>
          <Duration
            from={status?.startTime}
            to={ended ? (status?.endTime ?? status?.startTime) : undefined}
          />{' '}
          <Split />
        </dd>
      </div>
    </dl>
  );
}

/** Of the duration: how long it waited and how long it ran. */
function Split() {
  const { details } = useAction();
  const now = useNow(!isTerminal(details?.status?.phase));
  if (details === undefined || details.spec.case === 'trace') return null;
  const split = splitOf(attemptsOf(details), now);
  const parts = (['queued', 'waiting', 'starting', 'running', 'paused'] as const).filter(
    (part) => split[part] >= 1,
  );
  if (parts.length === 0) return null;
  return (
    <span className="muted"> ({parts.map((part) => `${durationText(split[part])} ${part}`).join(', ')})</span>
  );
}
