import { Anchor, Skeleton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
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
      <dl className={styles.facts}>
        {root === undefined ? <Skeleton h={18} w={600} /> : <Facts details={details} />}
      </dl>
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
      <Fact name="Task">
        <span title={task?.name}>{task?.name || labelOf(metadata) || '–'}</span>
        <OtherRuns task={task} />
      </Fact>
      {task?.version && (
        <Fact name="Version">
          <span className="mono">{task.version}</span>
        </Fact>
      )}
      <Fact name="By">{whoOf(details, personName(metadata?.executedBy))}</Fact>
      <Fact name="Started">
        <Time at={start} />
      </Fact>
      <Fact name="Duration">
        <Duration from={start} to={isTerminal(root?.phase) ? (end ?? start) : undefined} />
      </Fact>
      <Durations details={details} />
    </>
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

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Labels({ details }: { readonly details: RunDetails | undefined }) {
  const labels = Object.entries(details?.runSpec?.labels?.values ?? {});
  if (labels.length === 0) return null;
  const text = labels.map(([key, value]) => `${key}=${value}`).join('\n');
  return (
    <ul className={styles.labels} aria-label="Labels" title={text}>
      {labels.map(([key, value]) => (
        <li key={key} className={styles.label}>
          {key}
          {value !== '' && <b>{value}</b>}
        </li>
      ))}
    </ul>
  );
}
