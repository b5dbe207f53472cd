import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { Filter_Function } from '../../../src/gen/flyteidl2/common/list_pb.js';
import type { WatchRunsResponse } from '../../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { type RunKind, runClient } from '../api/clients.ts';
import { projectId, type Scope } from '../api/scope.ts';
import { useFrameStore, usePageStream } from '../api/use-page-stream.ts';
import { useNow } from '../shared/clock.ts';
import { useTimeStyle } from '../shared/time.tsx';
import { matcher, serverFilters } from './filter.ts';
import type { RunRow } from './run-row.ts';
import { RunsStore } from './runs-store.ts';
import { isDay, type RunsSearch } from './runs-search.ts';

const PAGE = 200;
const NAMES_AT_ONCE = 100;

/** The runs of a project as the page shows them. */
export interface Runs {
  /** All that match, newest first. */
  readonly rows: readonly RunRow[];
  /** All that were loaded. */
  readonly loaded: readonly RunRow[];
  /** Whether it is known what there is to show first. */
  readonly ready: boolean;
  readonly error: unknown;
  readonly hasMore: boolean;
  readonly loadingMore: boolean;
  loadMore(): void;
  /** Asks again after an error. */
  retry(): void;
}

/** Follows the runs of a project, and reads further pages of those that the search names. With `watch` false no stream is opened. */
export function useRuns(kind: RunKind, scope: Scope, search: RunsSearch, watch: boolean): Runs {
  const key = `${kind} ${scope.domain} ${scope.project}`;
  const store = useStore(key);
  const pages = usePages(kind, scope, search, key, store, watch);
  const [streamed, setStreamed] = useState<string>();
  usePageStream<WatchRunsResponse>(watch ? key : undefined, {
    open: (signal) => runClient(kind).watchRuns(targetOf(scope), { signal, timeoutMs: 0 }),
    onMessage({ runs }, first) {
      store.stream(runs, first);
      if (first && streamed === key) void confirm(kind, scope, store);
      // The service is there again.
      if (first && pages.isError) void pages.refetch();
      if (first) setStreamed(key);
    },
  });
  const version = useFrameStore(store.frame);
  // A period that ends now moves on by itself.
  const now = useNow(search.since !== undefined);
  // Days begin when they do in the zone that times are written in.
  const [zone] = useTimeStyle();
  const lists = useMemo(() => {
    void version;
    void zone;
    const loaded = store.rows();
    return { loaded, rows: pick(loaded, search, now) };
  }, [store, version, search, now, zone]);
  return {
    ...lists,
    ready: lists.rows.length > 0 || pages.isFetched,
    error: pages.error,
    hasMore: pages.hasNextPage,
    loadingMore: pages.isFetching,
    loadMore: () => {
      if (pages.hasNextPage && !pages.isFetching) void pages.fetchNextPage();
    },
    retry: () => void pages.refetch(),
  };
}

/** The rows that the search lets through. */
export function pick(rows: readonly RunRow[], search: RunsSearch, now: number): readonly RunRow[] {
  const matches = matcher(search);
  return rows.filter((row) => matches(row, now));
}

function useStore(key: string): RunsStore {
  const made = useRef<{ key: string; store: RunsStore }>(undefined);
  if (made.current?.key !== key) made.current = { key, store: new RunsStore() };
  return made.current.store;
}

function usePages(
  kind: RunKind,
  scope: Scope,
  search: RunsSearch,
  key: string,
  store: RunsStore,
  enabled: boolean,
) {
  // "The last 24 hours" are counted from when they were asked for; the stream brings what comes later.
  const [style] = useTimeStyle();
  const zone = isDay(search.since ?? '') ? style : '';
  const filters = useMemo(() => {
    void zone;
    return serverFilters(kind, search, Date.now());
  }, [kind, search, zone]);
  const { sort: _sort, group: _group, ...asked } = search;
  const pages = useInfiniteQuery({
    queryKey: ['runs', key, asked, zone],
    enabled,
    initialPageParam: '',
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    queryFn: async ({ pageParam, signal }) => {
      const { runs, token } = await runClient(kind).listRuns(
        {
          scopeBy: { case: 'projectId', value: projectId(scope) },
          request: { limit: PAGE, token: pageParam, filters },
        },
        { signal },
      );
      store.page(runs);
      return { token, count: runs.length };
    },
    getNextPageParam: ({ token }) => (token === '' ? undefined : token),
  });
  const last = pages.data?.pages.at(-1);
  // A page can be empty and have a successor.
  const skip = last !== undefined && last.count === 0 && pages.hasNextPage && !pages.isFetching;
  const { fetchNextPage } = pages;
  useEffect(() => {
    if (skip) void fetchNextPage();
  }, [skip, fetchNextPage]);
  return pages;
}

/** Reads again what may have changed while the stream was broken, and is too old for its snapshot. */
async function confirm(kind: RunKind, scope: Scope, store: RunsStore): Promise<void> {
  const names = store.unconfirmed();
  for (let at = 0; at < names.length; at += NAMES_AT_ONCE) {
    const values = names.slice(at, at + NAMES_AT_ONCE);
    try {
      const { runs } = await runClient(kind).listRuns({
        scopeBy: { case: 'projectId', value: projectId(scope) },
        request: {
          limit: NAMES_AT_ONCE,
          filters: [{ field: 'name', function: Filter_Function.VALUE_IN, values }],
        },
      });
      store.page(runs);
    } catch {
      // The stream breaks as well if the service is away, and this is done again when it is back.
      return;
    }
  }
}

function targetOf(scope: Scope) {
  return { target: { case: 'projectId' as const, value: projectId(scope) } };
}
