import { useDocumentTitle, useThrottledValue } from '@mantine/hooks';
import { useMemo, useRef } from 'react';
import type { RunKind } from '../api/clients.ts';
import type { Scope } from '../api/scope.ts';
import { useShortcuts } from '../app/shortcuts.ts';
import { ErrorBanner } from '../shared/error-banner.tsx';
import { choicesOf } from './choices.ts';
import { FilterBar } from './filter-bar.tsx';
import { GroupsView } from './groups-view.tsx';
import { PhaseFilter } from './phase-filter.tsx';
import { RunsList } from './runs-list.tsx';
import { listOf, periodOf, type RunsSearch, withList, withTime } from './runs-search.ts';
import styles from './runs-view.module.css';
import { Strip } from './strip.tsx';
import { pick, useRuns } from './use-runs.ts';

interface RunsViewProps {
  readonly kind: RunKind;
  readonly scope: Scope;
  readonly search: RunsSearch;
  onSearch(search: RunsSearch, replace?: boolean): void;
}

/** Filters, the strip and the list of runs or, grouped, of tasks. */
export function RunsView({ kind, scope, search, onSearch }: RunsViewProps) {
  const heading = kind === 'runs' ? 'Runs' : 'Tracked runs';
  useDocumentTitle(`${heading} · ${scope.project}`);
  const grouped = search.group === 'task';
  const runs = useRuns(kind, scope, search, !grouped);
  const searchField = useRef<HTMLInputElement>(null);
  useShortcuts([{ keys: '/', label: 'Search', run: () => searchField.current?.select() }]);
  // What surrounds the list need not be painted as often as the list.
  const loaded = useThrottledValue(runs.loaded, 300);
  const minute = Math.floor(Date.now() / 60_000) * 60_000;
  const inAnyTime = useMemo(() => pick(loaded, withTime(search, {}), 0), [loaded, search]);
  const choices = useMemo(() => choicesOf(loaded), [loaded]);
  const counts = useMemo(() => {
    const map = new Map<number, number>();
    for (const { phase } of pick(loaded, withList(search, 'phase', []), minute)) {
      map.set(phase, (map.get(phase) ?? 0) + 1);
    }
    return map;
  }, [loaded, search, minute]);
  const { from, to } = periodOf(search, minute);
  return (
    <>
      <h1 className="visually-hidden">{heading}</h1>
      <section className={styles.above} aria-label="Filters">
        <FilterBar
          search={search}
          choices={choices}
          searchField={searchField}
          groups={kind === 'runs'}
          onChange={onSearch}
        />
        {!grouped && (
          <>
            <Strip
              rows={inAnyTime}
              from={from}
              to={to}
              onBrush={(period) =>
                onSearch(
                  withTime(
                    search,
                    period === undefined ? {} : { from: seconds(period.from), to: seconds(period.to) },
                  ),
                )
              }
            />
            <PhaseFilter
              chosen={listOf(search, 'phase')}
              counts={counts}
              onChange={(keys) => onSearch(withList(search, 'phase', keys))}
            />
          </>
        )}
      </section>
      {runs.error != null && (
        <ErrorBanner title="The runs could not be read" error={runs.error} onRetry={runs.retry} />
      )}
      {grouped ? (
        <GroupsView scope={scope} search={search} onSearch={onSearch} />
      ) : (
        <RunsList kind={kind} scope={scope} search={search} runs={runs} onSearch={onSearch} />
      )}
    </>
  );
}

function seconds(at: number): string {
  return new Date(Math.round(at / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}
