import { Button } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type MouseEvent, useCallback, useMemo, useState } from 'react';
import type { RunKind } from '../api/clients.ts';
import type { Scope } from '../api/scope.ts';
import { useShortcuts } from '../app/shortcuts.ts';
import { EmptyState } from '../shared/empty-state.tsx';
import { FirstRun } from '../shared/first-run.tsx';
import { runPath } from '../shared/paths.ts';
import { RunTable } from './run-table.tsx';
import { isFiltered, listOf, type RunsSearch, withList } from './runs-search.ts';
import { SelectionBar } from './selection-bar.tsx';
import { useHeld } from './use-held.ts';
import type { Runs } from './use-runs.ts';
import { useSelection } from './use-selection.ts';

interface RunsListProps {
  readonly kind: RunKind;
  readonly scope: Scope;
  readonly search: RunsSearch;
  readonly runs: Runs;
  onSearch(search: RunsSearch): void;
}

/** The list with its keys, its selection, and what stands in its place while it is empty. */
export function RunsList({ kind, scope, search, runs, onSearch }: RunsListProps) {
  const [current, setCurrent] = useState<string>();
  const selection = useSelection();
  const held = useHeld(runs.rows, selection.names.size > 0);
  const { rows } = held;
  const navigate = useNavigate();
  const move = (by: number) => {
    const index = rows.findIndex(({ name }) => name === current);
    const next = rows[index < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, index + by))];
    if (next !== undefined) setCurrent(next.name);
  };
  useShortcuts([
    { keys: 'j', label: 'Next run', run: () => move(1) },
    { keys: 'k', label: 'Run before', run: () => move(-1) },
    {
      keys: 'Enter',
      label: 'Open the run',
      run: () => (current === undefined ? false : void navigate({ href: runPath(scope, kind, current) })),
    },
    {
      keys: 'x',
      label: 'Select the run',
      run: () => (current === undefined ? false : selection.toggle(current)),
    },
    {
      keys: 'Escape',
      label: 'Select nothing',
      run: () => {
        if (selection.names.size > 0) selection.clear();
        else setCurrent(undefined);
      },
    },
  ]);
  const { loadMore } = runs;
  const select = useStable((name: string, extend: boolean) =>
    selection.toggle(name, extend ? rows : undefined),
  );
  const onTask = useStable((task: string) => onSearch(withList(search, 'task', [task])));
  const onLabel = useStable((label: string) =>
    onSearch(withList(search, 'label', [...new Set([...listOf(search, 'label'), label])])),
  );
  const onEnd = useStable(loadMore);
  // A router's link in each row would cost more than all the rest of it.
  const onOpen = useStable((event: MouseEvent) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (
      link === null ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    event.preventDefault();
    void navigate({ href: event.currentTarget.getAttribute('href') ?? '' });
  });
  const selected = useMemo(
    () => rows.filter(({ name }) => selection.names.has(name)),
    [rows, selection.names],
  );
  if (rows.length === 0 && runs.error != null) return null;
  if (rows.length === 0 && !runs.hasMore && runs.ready) {
    return <Nothing kind={kind} scope={scope} filtered={isFiltered(search)} onClear={() => onSearch({})} />;
  }
  return (
    <>
      <RunTable
        kind={kind}
        scope={scope}
        rows={rows}
        news={held.news}
        selected={selection.names}
        current={current}
        onShowNews={() => {
          held.release();
          scrollTo({ top: 0 });
        }}
        onHold={held.setHeld}
        onSelect={select}
        onSelectAll={() => selection.toggleAll(rows)}
        onCurrent={setCurrent}
        onTask={onTask}
        onLabel={onLabel}
        onEnd={onEnd}
        onOpen={onOpen}
        foot={foot(runs, rows.length)}
        loading={runs.loadingMore}
      />
      <SelectionBar kind={kind} scope={scope} selected={selected} onClear={selection.clear} />
    </>
  );
}

function foot({ hasMore, loadingMore, ready }: Runs, count: number): string {
  if (!ready || hasMore || loadingMore) return 'Loading …';
  return count === 1 ? 'This is the only run' : `These are all ${count} runs`;
}

interface NothingProps {
  readonly kind: RunKind;
  readonly scope: Scope;
  readonly filtered: boolean;
  onClear(): void;
}

function Nothing({ kind, scope, filtered, onClear }: NothingProps) {
  if (filtered) {
    return (
      <EmptyState title="No run matches">
        <p>Runs that do will appear here by themselves.</p>
        <Button variant="default" onClick={onClear}>
          Show all runs
        </Button>
      </EmptyState>
    );
  }
  return (
    <EmptyState title={kind === 'runs' ? 'No run yet' : 'No tracked run yet'}>
      {kind === 'runs'
        ? 'Two lines of Python make the first one. It appears here while it runs.'
        : 'Tracked runs execute where your script does, and report themselves while they do:'}
      <FirstRun scope={scope} tracked={kind === 'tracked-runs'} />
    </EmptyState>
  );
}

/** The same function in every render, so that rows need not be painted again; it always does what the latest one would. */
function useStable<A extends unknown[]>(run: (...args: A) => void): (...args: A) => void {
  const [box] = useState(() => ({ run }));
  box.run = run;
  return useCallback((...args: A) => box.run(...args), [box]);
}
