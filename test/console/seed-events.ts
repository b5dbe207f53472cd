import { create } from '@bufbuild/protobuf';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { ActionPhase } from '../../src/gen/flyteidl2/common/phase_pb.js';
import {
  type ActionEvent,
  ActionEventSchema,
  ClusterEvent_Type,
  ErrorInfo_Kind,
} from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { isTerminalSeed } from './seed-phase.ts';
import type { PlannedAction } from './seed-plan.ts';

/** An action whose story is told. */
export interface Told {
  readonly run: {
    readonly org: string;
    readonly project: string;
    readonly domain: string;
    readonly name: string;
  };
  readonly action: PlannedAction;
  readonly error: { readonly code: string; readonly message: string };
  at(ms: number): Timestamp;
  readonly outputUri?: string | undefined;
}

const { INITIALIZING, RUNNING, WAITING_FOR_RESOURCES, FAILED, QUEUED } = ActionPhase;

/** What an executor would have reported about the action. */
export function eventsOf(told: Told): ActionEvent[] {
  const { action } = told;
  const { from, running, to, attempts, phase } = action;
  const path = [
    [QUEUED, from],
    [WAITING_FOR_RESOURCES, from + (running - from) * 0.3],
    [INITIALIZING, from + (running - from) * 0.6],
    [RUNNING, running],
  ] as const;
  const events: ActionEvent[] = [];
  const half = running + (to - running) * 0.45;
  if (attempts > 1) {
    for (const [step, ms] of path) events.push(event(told, 1, step, ms));
    events.push(event(told, 1, FAILED, half));
    events.push(event(told, 2, QUEUED, half + 100), event(told, 2, RUNNING, half + 900));
  } else {
    const last = path.findIndex(([step]) => step === phase);
    const known = last < 0 ? path : path.slice(0, last + 1);
    for (const [step, ms] of action.kind === 'task' ? known : known.slice(0, 1))
      events.push(event(told, 1, step, ms));
  }
  if (isTerminalSeed(phase) || phase === ActionPhase.PAUSED)
    events.push(event(told, attempts, phase, Math.max(to, half + 1000)));
  return events;
}

function event(told: Told, attempt: number, phase: ActionPhase, ms: number): ActionEvent {
  const { run, action, at, error, outputUri } = told;
  const pod = `${run.name}-${action.name}-${attempt - 1}`;
  return create(ActionEventSchema, {
    id: { run, name: action.name },
    attempt,
    phase,
    updatedTime: at(ms),
    reportedTime: at(ms),
    cluster: 'local',
    ...(phase === FAILED && {
      errorInfo: { kind: ErrorInfo_Kind.USER, code: error.code, message: error.message },
    }),
    ...(phase === ActionPhase.SUCCEEDED && outputUri !== undefined && { outputs: { outputUri } }),
    ...(phase === INITIALIZING && {
      clusterEvents: [
        clusterEvent(at(ms), 'Scheduled', `Successfully assigned ${run.project}/${pod} to worker-3`),
        clusterEvent(at(ms + 50), 'Pulled', 'Container image is already present on this machine'),
      ],
    }),
    ...(phase === FAILED && {
      clusterEvents: [
        {
          ...clusterEvent(at(ms), 'BackOff', `Container ${pod} exited with code 1`),
          type: ClusterEvent_Type.WARNING,
        },
      ],
    }),
  });
}

function clusterEvent(occurredAt: Timestamp, reason: string, message: string) {
  return {
    occurredAt,
    reason,
    message,
    type: ClusterEvent_Type.NORMAL,
    sourceComponent: 'scheduler',
    count: 1,
  };
}
