import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { RunDetails } from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { runClient } from '../../api/clients.ts';
import { useFrameStore } from '../../api/use-page-stream.ts';
import { useRun } from '../run-context.ts';

/** Everything known about the run's root action: asked for once, and again whenever the stream says that its status changed. */
export function useRunDetails(): RunDetails | undefined {
  const { kind, scope, name, id, tree } = useRun();
  useFrameStore(tree.frames);
  const queries = useQueryClient();
  const key = ['run-details', kind, scope.project, scope.domain, name];
  const { data } = useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => (await runClient(kind).getRunDetails({ runId: id }, { signal })).details,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const status = tree.root?.action?.status;
  const now = status && `${status.phase} ${status.attempts}`;
  const known = data?.action?.status && `${data.action.status.phase} ${data.action.status.attempts}`;
  const keyText = key.join(' ');
  useEffect(() => {
    // Once per status of the stream, whatever the answer says: it may be a moment ahead.
    if (now === undefined || known === undefined || now === known) return;
    void queries.invalidateQueries({ queryKey: keyText.split(' ') });
  }, [queries, keyText, now, known]);
  return data;
}
