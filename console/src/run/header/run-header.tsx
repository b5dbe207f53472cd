import { Anchor, Skeleton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { TaskIdentifier } from '../../../../src/gen/flyteidl2/task/task_definition_pb.js';
import type { RunDetails } from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { RunSource } from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { useFrameStore } from '../../api/use-page-stream.ts';
import { CopyButton } from '../../shared/copy-button.tsx';
import { personName } from '../../shared/people.ts';
import { PhaseBadge } from '../../shared/phase-badge.tsx';
import { isTerminal } from '../../shared/phase.ts';
import { Duration, Time } from '../../shared/time.tsx';
import { useRun } from '../run-context.ts';
import { labelOf } from '../tree/item.ts';
import { Durations } from './durations.tsx';
import { Labels } from './labels.tsx';
import { RunActions } from './run-actions.tsx';
import { OtherRuns, Relation } from './relations.tsx';
import { useRunDetails } from './use-details.ts';
import { Verdict } from './verdict.tsx';
import styles from './run-header.module.css';

/** Which run this is, how it is doing, and what can be done with it. Its height never changes. */
export function RunHeader() {
  const { tree, name, kind, scope } = useRun();
  useFrameStore(tree.frames);
  const details = useRunDetails();
  const { root } = tree;
  const list = `/v2/domain/$domain/project/$project/${kind}` as const;
  return (
    <section className={styles.header} aria-label="The run">
      <div className={styles.line}>
        <Anchor
          size="xs"
          className={styles.back}
          renderRoot={(props) => <Link {...props} to={list} params={scope} />}
        >
          {kind === 'runs' ? 'Runs' : 'Tracked runs'}
        </Anchor>
        <span className="muted" aria-hidden>
          /
        </span>
        <h1 className={styles.name}>{name}</h1>
        <CopyButton value={name} what="the run’s name" />
        {root === undefined ? <Skeleton w={90} h={22} /> : <PhaseBadge phase={root.phase} />}
        <RunActions details={details} />
      </div>
      <div className={styles.facts}>
        {root === undefined ? <Skeleton h={18} w={600} /> : <Facts details={details} />}
      </div>
      <div className={styles.last}>
        <Verdict details={details} />
        <Relation details={details} />
        <Labels details={details} />
      </div>
    </section>
  );
}

function Facts({ details }: { readonly details: RunDetails | undefined }) {
  const { tree } = useRun();
  const { root } = tree;
  const metadata = root?.action?.metadata;
  const task = metadata?.spec.case === 'task' ? metadata.spec.value.id : undefined;
  const start = root === undefined || Number.isNaN(root.start) ? undefined : root.start;
  const end = root === undefined || Number.isNaN(root.end) ? undefined : root.end;
  return (
    <>
      <dl className={styles.who}>
        <Fact name="Task" long>
          {task?.name ? <TaskLink task={task} /> : <span>{labelOf(metadata) || '–'}</span>}
          <OtherRuns task={task} />
        </Fact>
        {task?.version && (
          <Fact name="Version" long>
            <span className={styles.version} title={task.version}>
              {task.version}
            </span>
          </Fact>
        )}
        <Fact name="By" long>
          <span className="ellipsis">{whoOf(details, personName(metadata?.executedBy))}</span>
        </Fact>
      </dl>
      <dl className={styles.times}>
        <Fact name="Started">
          <Time at={start} />
        </Fact>
        <Fact name="Duration">
          <Duration from={start} to={isTerminal(root?.phase) ? (end ?? start) : undefined} />
        </Fact>
        <Durations details={details} />
      </dl>
    </>
  );
}

/** To the page of the task: its runs, its versions, what it asks for. What was not deployed has one, too. */
function TaskLink({ task }: { readonly task: TaskIdentifier }) {
  const { kind, scope } = useRun();
  // What ran elsewhere need not be known here.
  if (kind !== 'runs')
    return (
      <span className="ellipsis" title={task.name}>
        {task.name}
      </span>
    );
  return (
    <Anchor
      className="ellipsis"
      title={task.name}
      inherit
      renderRoot={(props) => (
        <Link
          {...props}
          to="/v2/domain/$domain/project/$project/tasks/$name"
          params={{ ...scope, name: task.name }}
        />
      )}
    >
      {task.name}
    </Anchor>
  );
}

const SOURCES: Readonly<Record<number, string>> = {
  [RunSource.WEB]: 'this console',
  [RunSource.CLI]: 'command line',
  [RunSource.SCHEDULE_TRIGGER]: 'schedule',
  [RunSource.ARTIFACT_TRIGGER]: 'artifact',
  [RunSource.TRACKED]: 'tracked',
};

function whoOf(details: RunDetails | undefined, person: string): string {
  const metadata = details?.action?.metadata;
  const trigger = metadata?.triggerName ? `trigger ${metadata.triggerName}` : undefined;
  const from = trigger ?? SOURCES[metadata?.source ?? 0];
  return [person || 'nobody known', ...(from === undefined ? [] : [`(${from})`])].join(' ');
}

interface FactProps {
  readonly name: string;
  /** May be cut where there is no room for it. */
  readonly long?: boolean;
  readonly children: ReactNode;
}

function Fact({ name, long = false, children }: FactProps) {
  return (
    <div className={styles.fact} data-long={long || undefined}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
