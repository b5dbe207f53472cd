import { Code, ConnectError } from '@connectrpc/connect';
import { ActionPhase } from '../src/gen/flyteidl2/common/phase_pb.js';
import type { Action, Run } from '../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { RunSource } from '../src/gen/flyteidl2/workflow/run_definition_pb.js';
import type { Clients } from './connect.ts';
import type { Options } from './options.ts';
import { helloTask } from './task.ts';
import { errorText, hasEnded, phaseName, titleOf } from './text.ts';

const RUN_NAME = 'test-run-001';

/**
 * Creates two runs, reads, lists and aborts them, and prints a line for each step. Throws at the first answer that is not as it should
 * be. May be repeated on the same database: creating the same run again answers the run that is there, and aborting what has
 * ended succeeds.
 */
export async function runTests(
  clients: Clients,
  options: Options,
  print: (line: string) => void,
): Promise<void> {
  const { runs } = clients;
  const { org, project, domain } = options;
  const runId = { org, project, domain, name: RUN_NAME };
  const projectId = { organization: org, name: project, domain };
  const actionId = { run: runId, name: 'a0' };
  let number = 0;
  const test = async (title: string, step: () => Promise<string>): Promise<void> => {
    print(`Test ${++number}: ${title}...`);
    try {
      print(`✓ ${await step()}\n`);
    } catch (error) {
      throw new Error(`Test ${number} (${title}) failed: ${errorText(error)}`, { cause: error });
    }
  };

  await ensureProject(clients, options);

  await test('Creating a run with task spec', async () => {
    const { run } = await runs.createRun({
      id: { case: 'runId', value: runId },
      task: { case: 'taskSpec', value: helloTask(options) },
      runSpec: { labels: { values: { example: 'client' } } },
      source: RunSource.CLI,
    });
    expect(nameOf(run) === RUN_NAME, `the run is called ${nameOf(run)}, not ${RUN_NAME}`);
    return `Run created successfully: ${nameOf(run)}`;
  });

  await test('Creating a run with auto-generated name', async () => {
    const { run } = await runs.createRun({
      id: { case: 'projectId', value: projectId },
      task: { case: 'taskSpec', value: helloTask(options) },
      source: RunSource.CLI,
    });
    expect(nameOf(run) !== '', 'the answer has no name');
    return `Run with auto-generated name created: ${nameOf(run)}`;
  });

  await test('Getting run details', async () => {
    const { details } = await runs.getRunDetails({ runId });
    const action = details?.action;
    expect(action?.spec.case === 'task', 'the details have no task');
    expect(action.attempts.length === 1, `there are ${action.attempts.length} attempts, not 1`);
    const [attempt] = action.attempts;
    const history = attempt?.phaseTransitions.map((transition) => phaseName(transition.phase)).join(' → ');
    return `Retrieved run details: details:{task:${action.spec.value.taskTemplate?.id?.name}, phases:${history}}`;
  });

  await test('Listing runs', async () => {
    const found = await listAllRuns(clients, projectId);
    expect(
      found.some((run) => nameOf(run) === RUN_NAME),
      `${RUN_NAME} is not among the runs`,
    );
    return `Found ${found.length} runs`;
  });

  await test('Listing actions for the run', async () => {
    const { actions } = await runs.listActions({ runId, request: { limit: 100 } });
    expect(actions.length > 0, 'the run has no actions, not even its root action');
    return `Found ${actions.length} actions: ${actions.map(actionText).join(', ')}`;
  });

  await test('Aborting an action', async () => {
    await runs.abortAction({ actionId, reason: 'the example stops it' });
    const { details } = await runs.getActionDetails({ actionId });
    expect(details?.status?.phase === ActionPhase.ABORTED, `it is ${phaseName(details?.status?.phase)}`);
    return 'Action aborted successfully';
  });

  await test('Aborting a run', async () => {
    await runs.abortRun({ runId, reason: 'the example has ended' });
    const { details } = await runs.getRunDetails({ runId });
    expect(hasEnded(details?.action?.status?.phase), 'the run has not ended');
    return 'Run aborted successfully';
  });

  print('All tests completed successfully! 🎉');
}

/** Makes the project unless it is there. On SQLite the service would make it with the first run. */
async function ensureProject({ projects }: Clients, { org, project }: Options): Promise<void> {
  try {
    await projects.createProject({ project: { id: project, name: project, org } });
  } catch (error) {
    // Errors carry the code of the contract, whatever the protocol.
    if (ConnectError.from(error).code !== Code.AlreadyExists) throw error;
  }
}

/** All runs of a project, page by page. A page may be short; only an empty token says that it was the last one. */
async function listAllRuns(
  { runs }: Clients,
  projectId: { organization: string; name: string; domain: string },
): Promise<Run[]> {
  const found: Run[] = [];
  let token = '';
  do {
    const page = await runs.listRuns({
      scopeBy: { case: 'projectId', value: projectId },
      request: { limit: 1000, token },
    });
    found.push(...page.runs);
    token = page.token;
  } while (token !== '');
  return found;
}

function nameOf(run: Run | undefined): string {
  return run?.action?.id?.run?.name ?? '';
}

function actionText(action: Action): string {
  return `${action.id?.name} (${titleOf(action)}, ${phaseName(action.status?.phase)})`;
}

function expect(condition: boolean, problem: string): asserts condition {
  if (!condition) throw new Error(problem);
}
