import { create } from '@bufbuild/protobuf';
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Filter_Function, FilterSchema } from '../../../../src/gen/flyteidl2/common/list_pb.js';
import { ActionPhase } from '../../../../src/gen/flyteidl2/common/phase_pb.js';
import type { RunDetails } from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { api } from '../../api/clients.ts';
import { errorText } from '../../api/errors.ts';
import { projectId, type Scope } from '../../api/scope.ts';
import { millis } from '../../shared/instant.ts';
import { useRun } from '../run-context.ts';

/** Goes to the comparison of the run with the newest run of its task before it that succeeded, or says that there is none. */
export function useCompare(details: RunDetails | undefined) {
  const { scope, name } = useRun();
  const navigate = useNavigate();
  const tell = (message: string) =>
    notifications.show({ title: 'There is nothing to compare it with', message, autoClose: 8000 });
  return useMutation({
    mutationFn: () => lastGoodRun(scope, details),
    onSuccess: (good) => {
      if (good === undefined) return tell('No run of this task succeeded before this one.');
      void navigate({
        to: '/v2/domain/$domain/project/$project/compare',
        params: scope,
        search: { a: good, b: name },
      });
    },
    onError: (error) => tell(errorText(error)),
  });
}

async function lastGoodRun(scope: Scope, details: RunDetails | undefined): Promise<string | undefined> {
  const spec = details?.action?.metadata?.spec;
  const task = spec?.case === 'task' ? spec.value.id?.name : undefined;
  const start = millis(details?.action?.status?.startTime);
  if (task === undefined || start === undefined) return undefined;
  const filter = (field: string, fn: Filter_Function, value: string) =>
    create(FilterSchema, { field, function: fn, values: [value] });
  const { runs } = await api.runs.listRuns({
    scopeBy: { case: 'projectId', value: projectId(scope) },
    request: {
      limit: 1,
      filters: [
        filter('task_name', Filter_Function.EQUAL, task),
        filter('phase', Filter_Function.EQUAL, String(ActionPhase.SUCCEEDED)),
        filter('created_at', Filter_Function.LESS_THAN, new Date(start).toISOString()),
      ],
    },
  });
  return runs[0]?.action?.id?.run?.name;
}
