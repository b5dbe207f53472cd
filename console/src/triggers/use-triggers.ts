import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { notifications } from '@mantine/notifications';
import type { TriggerName } from '../../../src/gen/flyteidl2/common/identifier_pb.js';
import { RunSource } from '../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { api } from '../api/clients.ts';
import { triggerClient } from '../api/trigger-client.ts';
import { errorText } from '../api/errors.ts';
import { organization } from '../api/organization.ts';
import { nameContains } from '../api/name-filter.ts';
import { projectId, type Scope } from '../api/scope.ts';

const PAGE = 100;

/** Which triggers: all of the scope, part of a name, or those of one task. */
export interface TriggersOf {
  readonly scope: Scope;
  readonly q?: string | undefined;
  readonly task?: string;
}

/** The triggers, page by page, asked for again every ten seconds while they are looked at: firing changes them. */
export function useTriggers({ scope, q, task }: TriggersOf) {
  return useInfiniteQuery({
    queryKey: ['triggers', scope.project, scope.domain, task ?? '', q ?? ''],
    initialPageParam: '',
    queryFn: ({ signal, pageParam }) =>
      triggerClient.listTriggers(
        {
          scopeBy:
            task === undefined
              ? { case: 'projectId', value: projectId(scope) }
              : { case: 'taskName', value: { org: organization(), ...scope, name: task } },
          request: {
            limit: PAGE,
            token: pageParam,
            filters: nameContains(q),
          },
        },
        { signal },
      ),
    getNextPageParam: ({ token }) => token || undefined,
    refetchInterval: 10_000,
  });
}

/** What can be done with a trigger; the lists are read anew after each. */
export type TriggerChange = 'activate' | 'deactivate' | 'delete';

/** Changes a trigger. */
export function useChangeTrigger() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ name, change }: { name: TriggerName; change: TriggerChange }) => {
      if (change === 'delete') await triggerClient.deleteTriggers({ names: [name] });
      else await triggerClient.updateTriggers({ names: [name], active: change === 'activate' });
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['triggers'] }),
    onError: (error, { name }) =>
      notifications.show({
        title: `Trigger ${name.name} was not changed`,
        message: errorText(error),
        color: 'red',
        autoClose: false,
      }),
  });
}

/** Starts the trigger's task now, with the trigger's inputs; answers the name of the run. */
export async function runTrigger(scope: Scope, name: TriggerName): Promise<string> {
  const { run } = await api.runs.createRun({
    id: { case: 'projectId', value: projectId(scope) },
    task: { case: 'triggerName', value: name },
    source: RunSource.WEB,
  });
  return run?.action?.id?.run?.name ?? '';
}
