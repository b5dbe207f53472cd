import { type UseQueryResult, useQueries } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Sort_Direction } from '../../../../src/gen/flyteidl2/common/list_pb.js';
import type { ListActionsResponse } from '../../../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { api } from '../../api/clients.ts';
import { runId, type Scope } from '../../api/scope.ts';
import { limiter } from '../../runs/limiter.ts';
import type { RunRow } from '../../runs/run-row.ts';
import { isTerminal } from '../../shared/phase.ts';
import { type GridRow, type GridRun, gridRows } from './grid-rows.ts';

/** How many actions of each run are looked at. */
export const ACTIONS = 500;
/** A run that goes on is looked at again this often. */
const AGAIN_MS = 4000;

// Of the connections that a page has, one is left for what a person asks for meanwhile.
const inTurn = limiter(2);

/** The grid of some runs, as far as it is known. */
export interface Grid {
  readonly rows: readonly GridRow[];
  /** How many runs are still to be read. */
  readonly missing: number;
  /** Whether a run has more actions than are looked at. */
  readonly cut: boolean;
  readonly error: unknown;
  retry(): void;
}

/** Reads the actions of the runs, the newest run first, and those of runs that go on again and again. */
export function useGrid(scope: Scope, runs: readonly RunRow[]): Grid {
  const { known, error, refetches } = useQueries({
    queries: runs.map(({ name }) => ({
      queryKey: ['run-actions', scope.project, scope.domain, name],
      // What was read says itself whether there will be more.
      staleTime: ({ state }: Asked) => (isOver(state.data) ? Number.POSITIVE_INFINITY : 0),
      refetchInterval: ({ state }: Asked) => (isOver(state.data) ? (false as const) : AGAIN_MS),
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        inTurn(
          () =>
            api.runs.listActions(
              {
                runId: runId(scope, name),
                request: {
                  limit: ACTIONS,
                  sortBy: { key: 'created_at', direction: Sort_Direction.ASCENDING },
                },
              },
              { signal },
            ),
          signal,
        ),
    })),
    combine,
  });
  const rows = useMemo(() => {
    const read = runs.flatMap(({ name }, index): GridRun[] => {
      const data = known[index];
      return data === undefined ? [] : [{ name, actions: data.actions }];
    });
    return gridRows(read);
  }, [runs, known]);
  return {
    rows,
    missing: known.filter((data) => data === undefined).length,
    cut: known.some((data) => data !== undefined && data.token !== ''),
    error,
    retry: () => {
      for (const [index, refetch] of refetches.entries()) if (known[index] === undefined) void refetch();
    },
  };
}

interface Asked {
  readonly state: { readonly data: ListActionsResponse | undefined };
}

/** Whether everything in the run had ended when it was read. */
function isOver(data: ListActionsResponse | undefined): boolean {
  return data?.actions.every(({ status }) => isTerminal(status?.phase)) === true;
}

/** What the library keeps the same as long as no answer is another one. */
function combine(results: UseQueryResult<ListActionsResponse>[]) {
  const broken = results.find(({ data, error }) => data === undefined && error !== null);
  return {
    known: results.map(({ data }) => data),
    error: broken?.error ?? null,
    refetches: results.map(({ refetch }) => refetch),
  };
}
