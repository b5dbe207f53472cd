import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { ActionIdentifier } from '../../../src/gen/flyteidl2/common/identifier_pb.js';
import type { ActionDetails, ActionStatus } from '../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { runClient } from '../api/clients.ts';
import { useFrameStore } from '../api/use-page-stream.ts';
import { useRun } from '../run/run-context.ts';
import { isTerminal } from '../shared/phase.ts';

/** What the run's stream does not tell of an action that goes on, such as events of the cluster, is looked for so often. */
const LOOK_EVERY_MS = 5000;

/** Everything known about an action: asked for once, and again whenever the run's stream says that its status changed. */
export function useActionDetails(id: ActionIdentifier): {
  details: ActionDetails | undefined;
  error: Error | null;
  retry: () => void;
} {
  const { kind, scope, name, tree } = useRun();
  const queries = useQueryClient();
  useFrameStore(tree.frames);
  const key = ['action-details', kind, scope.project, scope.domain, name, id.name];
  const { data, error, refetch } = useQuery({
    queryKey: key,
    queryFn: async ({ signal }) =>
      (await runClient(kind).getActionDetails({ actionId: id }, { signal })).details,
    staleTime: 1000,
    refetchInterval: ({ state }) => (isTerminal(state.data?.status?.phase) ? false : LOOK_EVERY_MS),
  });
  const told = statusText(tree.get(id.name)?.action?.status);
  const before = useRef(told);
  const keyText = JSON.stringify(key);
  useEffect(() => {
    if (told === before.current) return;
    // What was known when the panel opened has just been asked for.
    const first = before.current === undefined;
    before.current = told;
    if (!first) void queries.invalidateQueries({ queryKey: JSON.parse(keyText) as string[] });
  }, [queries, keyText, told]);
  return { details: data, error: data === undefined ? error : null, retry: () => void refetch() };
}

function statusText(status: ActionStatus | undefined): string | undefined {
  return status && `${status.phase} ${status.attempts} ${status.endTime?.seconds} ${status.cacheStatus}`;
}
