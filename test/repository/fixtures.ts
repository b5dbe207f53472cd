import { create, toBinary } from '@bufbuild/protobuf';
import { type EnrichedIdentity, EnrichedIdentitySchema } from '../../src/gen/flyteidl2/common/identity_pb.js';
import type { SimpleType } from '../../src/gen/flyteidl2/core/types_pb.js';
import { OutputReferencesSchema } from '../../src/gen/flyteidl2/task/common_pb.js';
import { RunSpecSchema } from '../../src/gen/flyteidl2/task/run_pb.js';
import { TaskSpecSchema } from '../../src/gen/flyteidl2/task/task_definition_pb.js';
import {
  ConditionActionSchema,
  ErrorInfoSchema,
  RunSource,
  TraceActionSchema,
} from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import type { AbortTree } from '../../src/repository/write/commands/abort.ts';
import type { NewRun } from '../../src/repository/write/commands/create-run.ts';
import { type RunKind, storedKey } from '../../src/repository/write/commands/find.ts';
import type { NewAction } from '../../src/repository/write/commands/record-action.ts';
import type { RecordedEvent } from '../../src/repository/write/commands/record-events.ts';
import type { TrackedUpdate } from '../../src/repository/write/commands/report-tracked.ts';
import type { StatusUpdate } from '../../src/repository/write/commands/update-status.ts';
import {
  type ActionSpecRecord,
  conditionRecord,
  taskSpecRecord,
  traceRecord,
} from '../../src/runs/action-spec.ts';
import type { ClusterEventRecord } from '../../src/runs/event.ts';
import { type ActionKey, ROOT_ACTION, type RunKey } from '../../src/runs/identity.ts';
import { type Instant, instantFromMicros } from '../../src/runs/instant.ts';
import type { Phase } from '../../src/runs/phase.ts';
import type { AttemptEvent } from '../../src/runs/records.ts';

const BASE = 1_795_222_094_123_456n;

/** A point in time, some microseconds after a fixed one. */
export const at = (micros: number): Instant => instantFromMicros(BASE + BigInt(micros));

/** Microseconds after the same fixed point. */
export const microsAfterBase = (micros: bigint): number => Number(micros - BASE);

/** A person, as requests name one. */
export const person = (subject: string): EnrichedIdentity =>
  create(EnrichedIdentitySchema, { principal: { case: 'user', value: { id: { subject } } } });

/** The same as wire bytes, as rows keep it. */
export const personBytes = (subject: string): Uint8Array => toBinary(EnrichedIdentitySchema, person(subject));

/** A run's key in project p, domain d. */
export const runKey = (name: string, project = 'p'): RunKey => ({ org: 'acme', project, domain: 'd', name });

const stored = (run: RunKey) => storedKey('shared', run);

/** What a task's row says. */
export const task = (name = 'mod.work', retries = 0): ActionSpecRecord =>
  taskSpecRecord(
    create(TaskSpecSchema, {
      taskTemplate: {
        id: { org: 'acme', project: 'p', domain: 'd', name, version: 'v1' },
        type: 'python',
        metadata: { retries: { retries } },
      },
      environment: { name: 'env' },
    }),
  );

/** What a trace's row says. */
export const trace = (name = 'step'): ActionSpecRecord =>
  traceRecord(create(TraceActionSchema, { name, spec: {} }));

/** What the row of a condition that waits for a value of this type says. */
export const condition = (type?: SimpleType, name = 'approve'): ActionSpecRecord =>
  conditionRecord(
    create(ConditionActionSchema, {
      name,
      ...(type === undefined ? {} : { type: { type: { case: 'simple', value: type } } }),
    }),
  );

/** A run to create; the project is made with it. */
export function newRun(name: string, more: Partial<NewRun> & { retries?: number } = {}): NewRun {
  const { retries = 0, ...rest } = more;
  const key = rest.key ?? runKey(name);
  return {
    key,
    stored: stored(key),
    kind: 'RUN',
    spec: task('mod.main', retries),
    runSpec: create(RunSpecSchema),
    labels: {},
    source: RunSource.CLI,
    createdBy: person('alice'),
    autoCreateProject: true,
    ...rest,
  };
}

/** An action to record, a task below the root if nothing else is said. */
export function newAction(run: string, name: string, more: Partial<NewAction> = {}): NewAction {
  const key = { run: runKey(run), name };
  return {
    key,
    stored: stored(key.run),
    kind: 'RUN',
    parent: '',
    group: '',
    subject: '',
    spec: task(),
    ...more,
  };
}

/** An event of an attempt. */
export function event(phase: Phase, time: number, more: Partial<AttemptEvent> = {}): AttemptEvent {
  return { attempt: 1, phase, version: 0, time: at(time), fields: {}, ...more };
}

/** The wire bytes of an error. */
export const errorInfo = (message: string, kind: 0 | 1 | 2 = 1): Uint8Array =>
  toBinary(ErrorInfoSchema, create(ErrorInfoSchema, { message, kind }));

/** The wire bytes of outputs that stand elsewhere. */
export const outputs = (outputUri: string): Uint8Array =>
  toBinary(OutputReferencesSchema, create(OutputReferencesSchema, { outputUri }));

interface Named {
  readonly key: ActionKey;
  readonly stored: ReturnType<typeof stored>;
  readonly kind: RunKind;
}

/** An action as commands name it. */
export function named(run: string, name = ROOT_ACTION, kind: RunKind = 'RUN'): Named {
  const key = { run: runKey(run), name };
  return { key, stored: stored(key.run), kind };
}

/** An event as `recordEvents` takes it. */
export function recorded(
  run: string,
  name: string,
  of: AttemptEvent,
  more: { kind?: RunKind; clusterEvents?: readonly ClusterEventRecord[] } = {},
): RecordedEvent {
  return { ...named(run, name, more.kind), event: of, clusterEvents: more.clusterEvents ?? [] };
}

/** A status as `updateStatus` takes it. */
export const status = (
  run: string,
  name: string,
  of: AttemptEvent,
  more: Partial<StatusUpdate> = {},
): StatusUpdate => ({ ...named(run, name), event: of, ...more });

/** An abort as `abortTree` takes it. */
export const abortOf = (run: string, name = ROOT_ACTION, more: Partial<AbortTree> = {}): AbortTree => ({
  ...named(run, name),
  reason: 'no longer needed',
  by: personBytes('bob'),
  ...more,
});

/** An update as `reportTracked` takes it. */
export const tracked = (
  run: string,
  name: string,
  of: AttemptEvent,
  more: { spec?: ActionSpecRecord; parent?: string } & Partial<TrackedUpdate> = {},
): TrackedUpdate => {
  const { spec, parent = '', ...rest } = more;
  const action: NewAction | undefined =
    spec && newAction(run, name, { kind: 'TRACKED', spec, parent, since: of.time });
  return { name, event: of, clusterEvents: [], action, status: undefined, ...rest };
};
