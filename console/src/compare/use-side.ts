import { toJson } from '@bufbuild/protobuf';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Filter_Function } from '../../../src/gen/flyteidl2/common/list_pb.js';
import type { NamedLiteral } from '../../../src/gen/flyteidl2/task/common_pb.js';
import { RunSpecSchema } from '../../../src/gen/flyteidl2/task/run_pb.js';
import { TaskSpecSchema } from '../../../src/gen/flyteidl2/task/task_definition_pb.js';
import type { Action, RunDetails } from '../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { api } from '../api/clients.ts';
import { dataClient } from '../api/data-client.ts';
import { projectId, runId, type Scope } from '../api/scope.ts';
import type { Json } from '../run/form/json.ts';
import { literalToJson } from '../run/form/to-json.ts';
import { errorLine } from '../shared/error-line.ts';
import { personName } from '../shared/people.ts';
import { leaves } from './rows.ts';

/** Of larger runs the first so many actions are compared. */
export const MOST_ACTIONS = 2000;
const PAGE = 1000;

/** What is compared of a run. */
export interface Side {
  readonly name: string;
  readonly details: RunDetails;
  readonly summary: ReadonlyMap<string, string>;
  readonly inputs: ReadonlyMap<string, string>;
  readonly outputs: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  readonly spec: ReadonlyMap<string, string>;
  readonly actions: readonly Action[];
  /** There are more than are compared. */
  readonly cut: boolean;
}

/** Reads all of one run; again every five seconds while it goes on. */
export function useSide(scope: Scope, name: string | undefined) {
  return useQuery({
    queryKey: ['compare', scope.project, scope.domain, name ?? ''],
    enabled: name !== undefined,
    queryFn: ({ signal }) => readSide(scope, name ?? '', signal),
    refetchInterval: ({ state }) =>
      state.data?.details.action?.status?.endTime === undefined ? 5000 : false,
  });
}

async function readSide(scope: Scope, name: string, signal: AbortSignal): Promise<Side> {
  const id = runId(scope, name);
  const { details } = await api.runs.getRunDetails({ runId: id }, { signal });
  if (details === undefined) throw new Error(`The service knows nothing of ${name}.`);
  const [data, { actions, cut }] = await Promise.all([
    dataClient.getActionData({ actionId: { run: id, name: details.action?.id?.name ?? 'a0' } }, { signal }),
    readActions(scope, name, signal),
  ]);
  const { runSpec, action } = details;
  const task = action?.spec.case === 'task' ? action.spec.value : undefined;
  const {
    labels: _,
    relation: _relation,
    ...settings
  } = runSpec === undefined ? {} : objectOf(toJson(RunSpecSchema, runSpec));
  return {
    name,
    details,
    actions,
    cut,
    summary: summaryOf(details),
    inputs: valuesOf(data.inputs?.literals ?? []),
    outputs: valuesOf(data.outputs?.literals ?? []),
    labels: new Map(Object.entries(runSpec?.labels?.values ?? {})),
    spec: new Map([
      ...prefixed('task', task === undefined ? {} : objectOf(toJson(TaskSpecSchema, task))),
      ...prefixed('run', settings),
    ]),
  };
}

async function readActions(scope: Scope, name: string, signal: AbortSignal) {
  const actions: Action[] = [];
  let token = '';
  do {
    const page = await api.runs.listActions(
      { runId: runId(scope, name), request: { limit: PAGE, token } },
      { signal },
    );
    actions.push(...page.actions);
    token = page.token;
  } while (token !== '' && actions.length < MOST_ACTIONS);
  return { actions, cut: token !== '' };
}

function summaryOf({ action }: RunDetails): Map<string, string> {
  const metadata = action?.metadata;
  const id = metadata?.spec.case === 'task' ? metadata.spec.value.id : undefined;
  return new Map([
    ['task', id?.name ?? ''],
    ['version', id?.version ?? ''],
    ['environment', metadata?.environmentName ?? ''],
    ['by', personName(metadata?.executedBy)],
    ['trigger', metadata?.triggerName ?? ''],
    ['attempts', String(action?.status?.attempts ?? 0)],
    ['error', action?.result.case === 'errorInfo' ? errorLine(action.result.value) : ''],
  ]);
}

function valuesOf(literals: readonly NamedLiteral[]): Map<string, string> {
  const values: Record<string, Json> = {};
  for (const { name, value } of literals) {
    values[name] = (value === undefined ? null : literalToJson(value)) ?? '(a value that can’t be shown)';
  }
  return Object.keys(values).length === 0 ? new Map() : leaves(values);
}

function prefixed(prefix: string, value: Record<string, Json>): Map<string, string> {
  return Object.keys(value).length === 0 ? new Map() : leaves(value, prefix);
}

/** Messages are objects in JSON. */
function objectOf(json: unknown): Record<string, Json> {
  return typeof json === 'object' && json !== null ? (json as Record<string, Json>) : {};
}

/** Names of the newest runs whose names contain the text, to choose from. */
export function useRunNames(scope: Scope, text: string) {
  return useQuery({
    queryKey: ['run-names', scope.project, scope.domain, text],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const field = 'name';
      const contains = { field, function: Filter_Function.CONTAINS_CASE_INSENSITIVE, values: [text] };
      const { runs } = await api.runs.listRuns(
        {
          scopeBy: { case: 'projectId', value: projectId(scope) },
          request: { limit: 12, filters: text === '' ? [] : [contains] },
        },
        { signal },
      );
      return runs.flatMap(({ action }) => action?.id?.run?.name ?? []);
    },
  });
}
