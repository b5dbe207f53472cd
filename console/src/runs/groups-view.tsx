import { useMemo, useState } from 'react';
import type { WatchGroupsResponse } from '../../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { api } from '../api/clients.ts';
import { projectId, type Scope } from '../api/scope.ts';
import { useFrameStore, usePageStream } from '../api/use-page-stream.ts';
import { EmptyState } from '../shared/empty-state.tsx';
import { serverFilters } from './filter.ts';
import { GROUP_COLUMNS, sortGroups } from './group-columns.ts';
import { GroupLine } from './group-line.tsx';
import { GroupsStore, keyOf } from './groups-store.ts';
import styles from './groups-view.module.css';
import { periodOf, type RunsSearch, withList, withTime } from './runs-search.ts';

const WEEK_MS = 7 * 86_400_000;

interface GroupsViewProps {
  readonly scope: Scope;
  readonly search: RunsSearch;
  onSearch(search: RunsSearch): void;
}

/** The runs that match, summed up by task; of the last seven days, unless a period is chosen. */
export function GroupsView({ scope, search, onSearch }: GroupsViewProps) {
  const { sort, group: _, ...filters } = search;
  const key = JSON.stringify([scope.domain, scope.project, Object.entries(filters).sort()]);
  const store = useStore(key);
  usePageStream<WatchGroupsResponse>(key, {
    open: (signal) => api.runs.watchGroups(requestOf(scope, filters), { signal, timeoutMs: 0 }),
    onMessage: (message, first) => store.stream(message, first),
  });
  const version = useFrameStore(store.frame);
  const groups = useMemo(() => {
    void version;
    return sortGroups(store.groups(), sort);
  }, [store, version, sort]);
  if (store.ready && groups.length === 0) {
    return <EmptyState title="No run matches">Choose another period, or fewer filters.</EmptyState>;
  }
  const open = (task: string) => onSearch(withList(filters, 'task', [task]));
  return (
    <div className={styles.frame}>
      <table className={styles.table}>
        <caption className="visually-hidden">Runs by task</caption>
        <thead>
          <tr>
            {GROUP_COLUMNS.map(({ key: column, label, number }) => (
              <th
                key={column}
                scope="col"
                data-number={number || undefined}
                aria-sort={ariaSort(sort ?? '-latest', column)}
              >
                <button
                  type="button"
                  onClick={() => onSearch({ ...search, sort: nextSort(sort ?? '-latest', column, number) })}
                >
                  {label}
                  <span aria-hidden="true">{arrow(sort ?? '-latest', column)}</span>
                </button>
              </th>
            ))}
            <th scope="col" className={styles.recent}>
              Recent runs, the latest on the right
            </th>
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <GroupLine key={keyOf(group)} scope={scope} group={group} onOpen={open} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function useStore(key: string): GroupsStore {
  const [made, setMade] = useState(() => ({ key, store: new GroupsStore() }));
  if (made.key === key) return made.store;
  const next = { key, store: new GroupsStore() };
  setMade(next);
  return next.store;
}

function requestOf(scope: Scope, search: RunsSearch) {
  const now = Date.now();
  const { from, to } = periodOf(search, now);
  return {
    scopeBy: { case: 'projectId' as const, value: projectId(scope) },
    startDate: timestampFromMs(from ?? (to ?? now) - WEEK_MS),
    ...(to !== undefined && { endDate: timestampFromMs(to) }),
    request: { filters: serverFilters('runs', withTime(search, {}), now) },
  };
}

function ariaSort(sort: string, column: string): 'ascending' | 'descending' | 'none' {
  if (sort === column) return 'ascending';
  return sort === `-${column}` ? 'descending' : 'none';
}

function arrow(sort: string, column: string): string {
  if (sort === column) return '↑';
  return sort === `-${column}` ? '↓' : '';
}

/** Numbers from large to small first, because that is what people look for. */
function nextSort(sort: string, column: string, number: boolean): string {
  const [first, second] = number ? [`-${column}`, column] : [column, `-${column}`];
  return sort === first ? second : first;
}
