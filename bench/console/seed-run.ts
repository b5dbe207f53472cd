/**
 * `node bench/console/seed-run.ts URL [ACTIONS] [NAME] [--live]`: records one run with so many actions (50,000) on a service that executes
 * nothing: stages, each with a group of items, some of which fail, need a second attempt or go on. With --live, 200 actions per second
 * change until it is ended.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { create } from '@bufbuild/protobuf';
import { type Client, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { ActionPhase } from '../../src/gen/flyteidl2/common/phase_pb.js';
import { type TaskSpec, TaskSpecSchema } from '../../src/gen/flyteidl2/task/task_definition_pb.js';
import { InternalRunService } from '../../src/gen/flyteidl2/workflow/internal_run_service_pb.js';
import { type ActionEvent, ActionEventSchema } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { RunService } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';

const { ABORTED, FAILED, INITIALIZING, QUEUED, RUNNING, SUCCEEDED } = ActionPhase;
const AT_ONCE = 100;
const EVENTS_PER_CALL = 500;

/** Which run to record, and where. */
export interface LargeRun {
  readonly url: string;
  readonly project: string;
  readonly domain: string;
  readonly name: string;
  readonly actions: number;
}

interface Recorder extends LargeRun {
  readonly client: Client<typeof InternalRunService>;
  readonly began: number;
}

/** Records the run; its root, and a part of its items, go on. */
export async function seedLargeRun(run: LargeRun): Promise<void> {
  const transport = createConnectTransport({ baseUrl: run.url, httpVersion: '2' });
  const runs = createClient(RunService, transport);
  await runs.createRun({
    id: { case: 'runId', value: runIdOf(run) },
    task: { case: 'taskSpec', value: spec('pipeline.large') },
    runSpec: { labels: { values: { size: String(run.actions) } } },
  });
  const recorder = {
    ...run,
    client: createClient(InternalRunService, transport),
    began: Date.now(),
  };
  const stages = Math.max(1, Math.round(Math.sqrt(run.actions) / 10));
  await tell(recorder, lifeOf(recorder, 'a0', 0, RUNNING));
  for (let stage = 0; stage < stages; stage++) await seedStage(recorder, stage, stages);
}

async function seedStage(recorder: Recorder, stage: number, stages: number): Promise<void> {
  const name = `stage-${stage}`;
  const began = Date.now() - recorder.began;
  await record(recorder, [{ name, parent: 'a0', group: '', task: 'pipeline.stage' }]);
  const first = Math.round((stage * (recorder.actions - 1 - stages)) / stages);
  const end = Math.round(((stage + 1) * (recorder.actions - 1 - stages)) / stages);
  const items = Array.from({ length: end - first }, (_, i) => first + i);
  await record(
    recorder,
    items.map((item) => ({ name: `item-${item}`, parent: name, group: 'items', task: 'pipeline.item' })),
  );
  // What happens to the items lies between their recording and now.
  const length = Date.now() - recorder.began - began;
  const last = stage === stages - 1;
  await tell(recorder, lifeOf(recorder, name, began, last ? RUNNING : SUCCEEDED, length));
  const events = items.flatMap((item, i) => {
    const open = last && i > items.length * 0.7;
    const phase = open ? (i % 3 === 0 ? QUEUED : RUNNING) : item % 401 === 7 ? FAILED : SUCCEEDED;
    const start = began + (i / items.length) * length * 0.7;
    return lifeOf(recorder, `item-${item}`, start, phase, length * (0.05 + (item % 17) / 70));
  });
  await tell(recorder, events);
}

/** Changes so many items per second until the signal: each begins, runs and ends. */
export async function keepChanging(run: LargeRun, perSecond: number, signal: AbortSignal): Promise<void> {
  const transport = createConnectTransport({ baseUrl: run.url, httpVersion: '2' });
  const recorder = { ...run, client: createClient(InternalRunService, transport), began: Date.now() };
  const series = recorder.began.toString(36);
  for (let round = 0; !signal.aborted; round++) {
    const step = Math.max(1, Math.round(perSecond / 10));
    const fresh = Array.from({ length: step }, (_, i) => ({
      name: `live-${series}-${round}-${i}`,
      parent: 'a0',
      group: 'live',
      task: 'pipeline.live',
    }));
    await record(recorder, fresh);
    const now = Date.now() - recorder.began;
    await tell(
      recorder,
      fresh.flatMap(({ name }) => lifeOf(recorder, name, now, SUCCEEDED, 50)),
    );
    await sleep(100, undefined, { signal }).catch(() => undefined);
  }
}

/** What happened to an action in the course of its life, up to the phase. */
function lifeOf(
  recorder: Recorder,
  name: string,
  offset: number,
  phase: ActionPhase,
  length = 0,
): ActionEvent[] {
  const start = recorder.began + offset;
  const steps: [ActionPhase, number][] = [[QUEUED, start]];
  if (phase !== QUEUED) steps.push([INITIALIZING, start + length * 0.1], [RUNNING, start + length * 0.2]);
  if (phase !== RUNNING && phase !== QUEUED) steps.push([phase, start + length]);
  return steps.map(([at, ms]) =>
    create(ActionEventSchema, {
      id: { run: runIdOf(recorder), name },
      attempt: 1,
      phase: at,
      updatedTime: { seconds: BigInt(Math.floor(ms / 1000)), nanos: Math.floor((ms % 1000) * 1e6) },
      ...(at === FAILED || at === ABORTED
        ? { errorInfo: { message: 'ValueError: an item that fails', code: 'ValueError' } }
        : {}),
    }),
  );
}

interface Item {
  readonly name: string;
  readonly parent: string;
  readonly group: string;
  readonly task: string;
}

async function record(recorder: Recorder, items: readonly Item[]): Promise<void> {
  await inTurns(items, async ({ name, parent, group, task }) => {
    const { status } = await recorder.client.recordAction({
      actionId: { run: runIdOf(recorder), name },
      parent,
      group,
      spec: {
        case: 'task',
        value: { id: { ...scopeOf(recorder), name: task, version: '1' }, spec: spec(task) },
      },
    });
    if (status?.code !== 0) throw new Error(`${name}: ${status?.message}`);
  });
}

async function tell(recorder: Recorder, events: readonly ActionEvent[]): Promise<void> {
  const calls: ActionEvent[][] = [];
  for (let at = 0; at < events.length; at += EVENTS_PER_CALL)
    calls.push(events.slice(at, at + EVENTS_PER_CALL));
  for (const call of calls) {
    const { status } = await recorder.client.recordActionEvents({ events: call });
    if (status?.code !== 0) throw new Error(`events: ${status?.message}`);
  }
}

/** Does something with each, `AT_ONCE` at a time. */
async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = rest.next(); !next.done; next = rest.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

function scopeOf({ project, domain }: LargeRun) {
  return { org: 'default', project, domain };
}

function runIdOf(run: LargeRun) {
  return { ...scopeOf(run), name: run.name };
}

function spec(name: string): TaskSpec {
  return create(TaskSpecSchema, {
    taskTemplate: { id: { name }, type: 'python' },
    shortName: name.split('.').at(-1) ?? name,
  });
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { live: { type: 'boolean' } },
  });
  const [url = 'http://localhost:8090', actions = '50000', name = `large-${actions}`] = positionals;
  const run = { url, project: 'shop', domain: 'development', name, actions: Number(actions) };
  const began = performance.now();
  await seedLargeRun(run);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${actions} actions in ${seconds} s: ${url}/v2/domain/development/project/shop/runs/${name}`);
  if (values.live) await keepChanging(run, 200, AbortSignal.timeout(3_600_000));
}
