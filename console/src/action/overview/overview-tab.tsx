import { Skeleton } from '@mantine/core';
import type { ActionStatus } from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { KeyValues } from '../../shared/key-values.tsx';
import { Duration, Time } from '../../shared/time.tsx';
import { useAction } from '../action-context.ts';
import panel from '../action-panel.module.css';
import { Attempts } from './attempts.tsx';
import { Cache } from './cache.tsx';
import { Children } from './children.tsx';
import { Outcome } from './outcome.tsx';

/** How the action went: what went wrong, its attempts, its cache, and what it started. */
export function OverviewTab() {
  const { details } = useAction();
  if (details === undefined)
    return (
      <div className={panel.section}>
        <Skeleton h={18} w="40%" mb={10} />
        <Skeleton h={60} />
      </div>
    );
  return (
    <>
      <Outcome details={details} />
      {details.metadata?.spec.case === 'trace' ? (
        <TraceTimes status={details.status} />
      ) : (
        <Attempts details={details} />
      )}
      <Cache details={details} />
      <Children />
    </>
  );
}

/** A trace is reported once it is over: its phases say nothing, only its times do. */
function TraceTimes({ status }: { readonly status: ActionStatus | undefined }) {
  return (
    <section className={panel.section} aria-label="Times">
      <KeyValues
        pairs={[
          ['Began', <Time key="began" at={status?.startTime} />],
          ['Ended', status?.endTime && <Time key="ended" at={status.endTime} />],
          ['Took', <Duration key="took" from={status?.startTime} to={status?.endTime} />],
        ]}
      />
    </section>
  );
}
