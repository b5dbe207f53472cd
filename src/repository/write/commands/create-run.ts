import { toBinary } from '@bufbuild/protobuf';
import type { TriggerIdentifier } from '../../../gen/flyteidl2/common/identifier_pb.js';
import type { EnrichedIdentity } from '../../../gen/flyteidl2/common/identity_pb.js';
import type { TriggerAutomationSpec } from '../../../gen/flyteidl2/task/common_pb.js';
import { type RunSpec, RunSpecSchema } from '../../../gen/flyteidl2/task/run_pb.js';
import { RunSource } from '../../../gen/flyteidl2/workflow/run_definition_pb.js';
import { type ActionSpecRecord, actionMetadata } from '../../../runs/action-spec.ts';
import { failedPrecondition, notFound } from '../../../runs/errors.ts';
import { ROOT_ACTION, type RunKey } from '../../../runs/identity.ts';
import type { Instant } from '../../../runs/instant.ts';
import { quote } from '../../../runs/names.ts';
import type { Row } from '../../schema.ts';
import { type Command, runKeyText, type StoredRunKey } from '../command.ts';
import type { RunState } from '../states.ts';
import type { Unit } from '../unit.ts';
import { newActionRow } from './action-row.ts';
import { enqueueTask } from './enqueue.ts';
import type { RunKind } from './find.ts';

/** A run to create, everything resolved and checked that can be without the database. */
export interface NewRun {
  readonly key: RunKey;
  readonly stored: StoredRunKey;
  readonly kind: RunKind;
  readonly spec: ActionSpecRecord;
  readonly runSpec: RunSpec;
  readonly labels: Readonly<Record<string, string>>;
  readonly source: RunSource;
  /** When it began, if that was before now: tracked runs are reported by processes that run already. */
  readonly startTime?: Instant | undefined;
  /** Inline inputs as wire bytes of `task.Inputs`. */
  readonly inputs?: Uint8Array | undefined;
  readonly inputUri?: string | undefined;
  readonly inputsHash?: string | undefined;
  readonly createdBy: EnrichedIdentity;
  /** Where the result of the root action may be found in the cache. */
  readonly cacheKey?: string | undefined;
  /** Whether this service runs the run's tasks itself: then its root action goes into the queue. */
  readonly execute?: boolean | undefined;
  /** Whether a project that does not exist is made with its first run. */
  readonly autoCreateProject: boolean;
  /** Whether another service handed it to this one, and is told what happens to it. */
  readonly delegated?: boolean | undefined;
  /** The trigger that started it. */
  readonly trigger?: RunTrigger | undefined;
}

/** The trigger that started a run, in the revision that it had. */
export interface RunTrigger {
  readonly id: TriggerIdentifier;
  readonly automation: TriggerAutomationSpec;
}

/** The run of that name, and whether this call made it. */
export interface CreatedRun {
  readonly created: boolean;
  readonly run: Row<'runs'>;
}

const ARCHIVED = new Set([1, 3]);

/**
 * Makes a run with its root action, that action's first attempt and its first transition (QUEUED), all or nothing. A run of that name
 * that exists stays as it is and is answered: the caller compares.
 */
export function createRun(run: NewRun): Command<CreatedRun> {
  return {
    runs: [run.stored],
    projects: [{ org_key: run.stored.org_key, id: run.stored.project }],
    apply(unit) {
      const existing = unit.runs.get(runKeyText(run.stored));
      if (existing !== undefined) {
        // The next transaction may go on with the row; that of a run which is being made gets its id later.
        return { created: false, run: existing.fresh ? existing.row : { ...existing.row } };
      }
      requireProject(unit, run);
      return { created: true, run: addRun(unit, run).row };
    },
  };
}

function requireProject(unit: Unit, run: NewRun): void {
  const { org_key, project } = run.stored;
  const key = `${org_key}\n${project}`;
  const state = unit.projectStates.get(key);
  if (state !== undefined) {
    if (ARCHIVED.has(state))
      throw failedPrecondition(`project ${quote(project)} is archived; activate it to run in it`);
    return;
  }
  if (!run.autoCreateProject) {
    throw notFound(`there is no project ${quote(project)}; create it with ProjectService.CreateProject`);
  }
  unit.projectStates.set(key, 0);
  unit.newProjects.push({
    org_key,
    org: run.key.org,
    id: project,
    name: project,
    description: '',
    labels: '{}',
    state: 0,
    created_at: unit.now,
    updated_at: unit.now,
  });
}

function addRun(unit: Unit, { key, stored, kind, spec, runSpec, createdBy, ...more }: NewRun): RunState {
  const since = more.startTime ?? unit.now;
  const { trigger } = more;
  const triggerName = trigger?.id.name;
  const metadata = actionMetadata(
    spec,
    { parent: '', group: '', executedBy: createdBy },
    {
      source: more.source,
      ...(runSpec.relation ? { relation: runSpec.relation } : {}),
      ...(trigger
        ? { triggerId: trigger.id, triggerName: triggerName?.name ?? '', triggerType: trigger.automation }
        : {}),
    },
  );
  const task = spec.taskId;
  if (spec.taskSpec !== undefined) unit.taskSpecs.set(spec.taskSpec.digest, spec.taskSpec.bytes);
  const run = unit.addRun(
    runKeyText(stored),
    {
      org: key.org,
      org_key: stored.org_key,
      project: key.project,
      domain: key.domain,
      name: key.name,
      kind,
      root_action_name: ROOT_ACTION,
      trigger_org: triggerName?.org ?? null,
      trigger_project: triggerName?.project ?? null,
      trigger_domain: triggerName?.domain ?? null,
      trigger_name: triggerName?.name ?? null,
      trigger_task_name: triggerName?.taskName ?? null,
      trigger_revision: trigger ? Number(trigger.id.revision) : null,
      run_spec: toBinary(RunSpecSchema, runSpec),
      labels: JSON.stringify(more.labels),
      source: RunSource[more.source],
      created_by_principal: subjectOf(createdBy),
      created_by_k8s_service_account: runSpec.securityContext?.runAs?.k8sServiceAccount || null,
      created_at: unit.now,
      updated_at: unit.now,
      phase: 'QUEUED',
      start_time: since,
      running_at: null,
      end_time: null,
      duration_ms: null,
      attempts: 1,
      cache_status: 0,
      task_org: task?.org ?? null,
      task_project: task?.project ?? null,
      task_domain: task?.domain ?? null,
      task_name: task?.name ?? null,
      task_version: task?.version ?? null,
      environment_name: spec.environmentName,
      function_name: spec.functionName,
      error_kind: null,
      error_line: null,
      paused_actions: 0,
      metadata,
    },
    more.labels,
  );
  const root = unit.addAction(
    run,
    newActionRow(unit, run, {
      name: ROOT_ACTION,
      parent: null,
      group: '',
      spec,
      metadata,
      since,
      createdBy: subjectOf(createdBy),
      inputUri: more.inputUri,
      inputsHash: more.inputsHash,
      cacheKey: more.cacheKey,
    }),
    since,
  );
  root.inputs = more.inputs;
  if (more.delegated) unit.delegated.push(run);
  if (more.execute) enqueueTask(unit, root, undefined, spec);
  return run;
}

/** Who an identity is, as tables and filters name it. */
export function subjectOf(identity: EnrichedIdentity): string | null {
  return identity.principal.value?.id?.subject ?? null;
}
