import { Skeleton } from '@mantine/core';
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
      <Attempts details={details} />
      <Cache details={details} />
      <Children />
    </>
  );
}
