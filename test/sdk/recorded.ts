import { deepStrictEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import type { Clients } from '../../client/connect.ts';
import { Filter_Function } from '../../src/gen/flyteidl2/common/list_pb.js';
import { ActionPhase } from '../../src/gen/flyteidl2/common/phase_pb.js';
import { InputsSchema, type NamedLiteral, OutputsSchema } from '../../src/gen/flyteidl2/task/common_pb.js';
import { type ActionDetails, ErrorInfo_Kind } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import type { Check } from './checks.ts';
import { curl } from './curl.ts';
import { treeLines } from './tree.ts';

const PLACE = { org: 'any', project: 'sdk', domain: 'development' };
const SCOPE = {
  case: 'projectId',
  value: { organization: 'any', name: 'sdk', domain: 'development' },
} as const;

/** The two runs of tracked_run.py: one that ends well, and one that does not catch the error of its last task. */
export interface Names {
  readonly good: string;
  readonly bad: string;
}

/** What must be found in a service that the two runs were reported to. */
export function recordedChecks(url: string, { runs, trackedRuns }: Clients, { good, bad }: Names): Check[] {
  const listRuns = async (filters: { function: Filter_Function; field: string; values: string[] }[] = []) => {
    const page = await trackedRuns.listRuns({ scopeBy: SCOPE, request: { filters } });
    return page.runs.map((run) => run.action?.id?.run?.name);
  };
  const actionsOf = async (run: string) =>
    (await trackedRuns.listActions({ runId: { ...PLACE, name: run }, request: { limit: 100 } })).actions;
  const detailsOf = async (run: string, functionName: string): Promise<ActionDetails> => {
    const action = (await actionsOf(run)).find(({ metadata }) => metadata?.funtionName === functionName);
    ok(action?.id, `${run} has no action ${functionName}`);
    const { details } = await trackedRuns.getActionDetails({ actionId: action.id });
    ok(details);
    return details;
  };
  const rpc = (method: string, request: object) => curl(`${url}/flyteidl2.${method}`, request);

  return [
    {
      name: 'TrackedRunService.ListRuns has both runs, the newest first',
      run: async () => deepStrictEqual(await listRuns(), [bad, good]),
    },
    {
      name: 'its filters find a run by phase, and both by a label',
      run: async () => {
        const failed = { function: Filter_Function.EQUAL, field: 'phase', values: ['FAILED'] };
        const team = { function: Filter_Function.EQUAL, field: 'labels.team', values: ['sales'] };
        deepStrictEqual(await listRuns([failed]), [bad]);
        deepStrictEqual(await listRuns([team]), [bad, good]);
      },
    },
    {
      name: 'RunService neither lists nor finds them',
      run: async () => {
        deepStrictEqual((await runs.listRuns({ scopeBy: SCOPE })).runs, []);
        await rejects(
          runs.getRunDetails({ runId: { ...PLACE, name: good } }),
          (error) => ConnectError.from(error).code === Code.NotFound,
        );
      },
    },
    {
      name: 'the tree has every task and trace below the one that called it',
      run: async () =>
        deepStrictEqual(treeLines(await actionsOf(good)), [
          'task main SUCCEEDED',
          '  task divide FAILED',
          '  task square (squares) SUCCEEDED',
          '  task square (squares) SUCCEEDED',
          '  task square (squares) SUCCEEDED',
          '  task total SUCCEEDED',
          '    task square SUCCEEDED',
          '    trace note SUCCEEDED',
          '  task unsteady SUCCEEDED, attempt 2',
        ]),
    },
    {
      name: 'the root action has its history, its labels and its outputs, which can be read',
      run: async () => {
        const { details } = await trackedRuns.getRunDetails({ runId: { ...PLACE, name: good } });
        deepStrictEqual(details?.runSpec?.labels?.values, { team: 'sales' });
        const [attempt, ...more] = details?.action?.attempts ?? [];
        equal(more.length, 0);
        deepStrictEqual(
          attempt?.phaseTransitions.map(({ phase }) => phase),
          [ActionPhase.QUEUED, ActionPhase.RUNNING, ActionPhase.SUCCEEDED],
        );
        ok(attempt?.outputs?.reportUri);
        const outputs = await readStored(OutputsSchema, attempt.outputs.outputUri);
        equal(integer(outputs.literals, 'o0'), 14n);
        // Inputs belong to the action, outputs to the attempt, one folder further down.
        const inputs = join(dirname(dirname(attempt.outputs.outputUri)), 'inputs.pb');
        equal(integer((await readStored(InputsSchema, inputs)).literals, 'n'), 3n);
      },
    },
    {
      name: 'the task that failed once has two attempts, the first one with its error',
      run: async () => {
        const { attempts, status, result } = await detailsOf(good, 'unsteady');
        deepStrictEqual(
          attempts.map(({ phase }) => phase),
          [ActionPhase.FAILED, ActionPhase.SUCCEEDED],
        );
        match(attempts[0]?.errorInfo?.message ?? '', /not yet/);
        ok(attempts[1]?.outputs?.outputUri);
        equal(status?.phase, ActionPhase.SUCCEEDED);
        equal(result.case, undefined);
      },
    },
    {
      name: 'the task that failed for good says why, and the run that did not catch it too',
      run: async () => {
        const root = (await trackedRuns.getRunDetails({ runId: { ...PLACE, name: bad } })).details?.action;
        for (const { result, status } of [await detailsOf(good, 'divide'), root ?? fail()]) {
          equal(status?.phase, ActionPhase.FAILED);
          ok(result.case === 'errorInfo');
          match(result.value.message, /division by zero/);
          equal(result.value.kind, ErrorInfo_Kind.USER);
        }
      },
    },
    {
      name: 'WatchRunDetails and WatchActions of a run that has ended send it whole',
      run: async () => {
        const runId = { ...PLACE, name: good };
        const states: (ActionPhase | undefined)[] = [];
        for await (const { details } of trackedRuns.watchRunDetails({ runId })) {
          states.push(details?.action?.status?.phase);
        }
        deepStrictEqual(states, [ActionPhase.SUCCEEDED]);
        const total = (await actionsOf(good)).length;
        const sent = new Set<string | undefined>();
        const enough = new AbortController();
        try {
          const { signal } = enough;
          for await (const { enrichedActions } of trackedRuns.watchActions({ runId }, { signal })) {
            for (const { action } of enrichedActions) {
              const parent = action?.metadata?.parent;
              ok(!parent || sent.has(parent), 'a child came before its parent');
              sent.add(action?.id?.name);
            }
            if (sent.size >= total) enough.abort();
          }
        } catch (error) {
          if (!enough.signal.aborted) throw error;
        }
        equal(sent.size, total);
      },
    },
    {
      name: 'curl reads the list as JSON, and the report through a signed link',
      run: async () => {
        const list = await rpc('workflow.TrackedRunService/ListRuns', {
          projectId: { organization: 'any', name: 'sdk', domain: 'development' },
        });
        match(list, new RegExp(`"${good}"`));
        const answer = await rpc('dataproxy.DataProxyService/CreateDownloadLink', {
          artifactType: 'ARTIFACT_TYPE_REPORT',
          actionAttemptId: { actionId: { run: { ...PLACE, name: good }, name: 'a0' }, attempt: 1 },
        });
        const links: { preSignedUrls: { signedUrl: string[] } } = JSON.parse(answer);
        const [link = ''] = links.preSignedUrls.signedUrl;
        match(await curl(link), /The sum is 14\./);
      },
    },
  ];
}

async function readStored<Desc extends DescMessage>(schema: Desc, uri: string): Promise<MessageShape<Desc>> {
  return fromBinary(schema, await readFile(uri));
}

function integer(literals: readonly NamedLiteral[], name: string): bigint | undefined {
  const literal = literals.find((one) => one.name === name)?.value?.value;
  const scalar = literal?.case === 'scalar' ? literal.value.value : undefined;
  const primitive = scalar?.case === 'primitive' ? scalar.value.value : undefined;
  return primitive?.case === 'integer' ? primitive.value : undefined;
}

function fail(): never {
  throw new Error('the run has no root action');
}
