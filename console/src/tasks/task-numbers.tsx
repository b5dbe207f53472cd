import type { ReactNode } from 'react';
import type { TaskDetails } from '../../../src/gen/flyteidl2/task/task_definition_pb.js';
import type { TaskGroup } from '../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { ms } from '../runs/group-columns.ts';
import { percent } from '../runs/recent-runs.tsx';
import { durationText } from '../shared/instant.ts';
import { personName } from '../shared/people.ts';
import { Time } from '../shared/time.tsx';
import styles from './task-page.module.css';

interface TaskNumbersProps {
  readonly details: TaskDetails | undefined;
  /** Numbers of its runs of the last seven days, if there were any. */
  readonly group: TaskGroup | undefined;
}

/** Who deployed the task, what it is for, and how its runs went. */
export function TaskNumbers({ details, group }: TaskNumbersProps) {
  const { metadata, spec } = details ?? {};
  const text = spec?.documentation?.shortDescription || metadata?.shortDescription;
  return (
    <>
      <dl className={styles.facts}>
        <Fact name="Environment">{metadata?.environmentName || '–'}</Fact>
        <Fact name="Deployed">
          <Time at={metadata?.deployedAt} />
        </Fact>
        <Fact name="By">{personName(metadata?.deployedBy) || '–'}</Fact>
        <Fact name="Runs in 7 days">{group?.totalRuns.toString() ?? '0'}</Fact>
        <Fact name="Failure rate">{group === undefined ? '–' : percent(group.averageFailureRate)}</Fact>
        <Fact name="Average duration">
          {group?.averageDuration === undefined ? '–' : durationText(ms(group.averageDuration))}
        </Fact>
        <Fact name="Until running">
          {group?.averageTimeToRunning === undefined ? '–' : durationText(ms(group.averageTimeToRunning))}
        </Fact>
      </dl>
      {text && <p className={styles.text}>{text}</p>}
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
