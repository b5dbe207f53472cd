import { create, toBinary } from '@bufbuild/protobuf';
import { ActionPhase } from '../../src/gen/flyteidl2/common/phase_pb.js';
import { LiteralSchema } from '../../src/gen/flyteidl2/core/literals_pb.js';
import { SimpleType } from '../../src/gen/flyteidl2/core/types_pb.js';
import { ActionEventSchema } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import { abortTree } from '../../src/repository/write/commands/abort.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import type { NewAction } from '../../src/repository/write/commands/record-action.ts';
import { recordAction } from '../../src/repository/write/commands/record-action.ts';
import { recordEvents } from '../../src/repository/write/commands/record-events.ts';
import { reportTracked } from '../../src/repository/write/commands/report-tracked.ts';
import { signalCondition } from '../../src/repository/write/commands/signal.ts';
import { payloadLiteral } from '../../src/runs/signal-value.ts';
import { updateStatus } from '../../src/repository/write/commands/update-status.ts';
import type { GroupCommit } from '../../src/repository/write/group-commit.ts';
import { DomainError } from '../../src/runs/errors.ts';
import { type ClusterEventRecord, readClusterEvents, readEvent } from '../../src/runs/event.ts';
import { timestampOf } from '../../src/runs/instant.ts';
import type { AttemptEvent } from '../../src/runs/records.ts';
import {
  abortOf,
  at,
  condition,
  named,
  newAction,
  newRun,
  personBytes,
  recorded,
  status,
  task,
  trace,
  tracked,
} from '../repository/fixtures.ts';
import type { Happening } from './attempt.ts';
import type { Command, NewThing, Outcome } from './commands.ts';

/** Sends a command of the model to the service, and answers in the model's words what came of it. */
export async function send(
  dialect: Dialect,
  writer: GroupCommit,
  command: Command,
  real: (run: string) => string,
): Promise<Outcome> {
  try {
    return await submit(dialect, writer, command, real);
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
}

async function submit(
  dialect: Dialect,
  writer: GroupCommit,
  command: Command,
  real: (run: string) => string,
): Promise<Outcome> {
  switch (command.do) {
    case 'create': {
      const kind = command.tracked ? 'TRACKED' : 'RUN';
      const run = newRun(real(command.run), { kind, retries: command.retries });
      return (await writer.submit(createRun(run))).created ? 'ok' : 'exists';
    }
    case 'record': {
      await writer.submit(
        recordAction(newAction(real(command.run), command.action, thing(command, { kind: 'RUN' }))),
      );
      return 'ok';
    }
    case 'events': {
      const events = command.events.map(({ run, action, of }) =>
        recorded(real(run), action, attemptEvent(of), { clusterEvents: clusterEvents(of) }),
      );
      return (await writer.submit(recordEvents(events))).map(code);
    }
    case 'status': {
      const more = {
        durationMs: command.durationMs,
        abortReason: command.reason,
        output: command.output === undefined ? undefined : literal(command.output),
      };
      await writer.submit(
        updateStatus(status(real(command.run), command.action, attemptEvent(command.of), more)),
      );
      return 'ok';
    }
    case 'signal': {
      const { key, stored } = named(real(command.run), command.action);
      const payload =
        typeof command.value === 'string'
          ? { case: 'stringValue' as const, value: command.value }
          : { case: 'boolValue' as const, value: command.value };
      const value = payloadLiteral(payload);
      await writer.submit(signalCondition({ key, stored, parent: '', value, by: personBytes('judge') }));
      return 'ok';
    }
    case 'abort': {
      const kind = command.tracked ? 'TRACKED' : 'RUN';
      const abort = abortOf(real(command.run), command.action, { kind, reason: 'stop' });
      await writer.exclusive(abortTree(dialect, abort));
      return 'ok';
    }
    case 'report': {
      const { key, stored } = named(real(command.run));
      const updates = command.updates.map(({ action, of, spec, status: of2 }) =>
        tracked(real(command.run), action, attemptEvent(of), {
          clusterEvents: clusterEvents(of),
          action: spec && newAction(real(command.run), action, thing(spec, { kind: 'TRACKED' })),
          status: of2 && { event: attemptEvent(of2.of), durationMs: of2.durationMs },
        }),
      );
      return (await writer.submit(reportTracked(key.run, stored, updates))).map(code);
    }
  }
}

const code = (refusal: DomainError | undefined): string => refusal?.code ?? 'ok';

function thing(of: Omit<NewThing, 'action'>, more: Partial<NewAction>): Partial<NewAction> {
  const specs = {
    TASK: () => task('mod.t', of.retries),
    TRACE: () => trace(),
    CONDITION: () => condition(SimpleType.STRING),
  };
  return {
    parent: of.parent,
    spec: specs[of.type](),
    since: of.since === undefined ? undefined : at(of.since),
    event: of.of && attemptEvent(of.of),
    ...more,
  };
}

function attemptEvent(of: Happening): AttemptEvent {
  return readEvent(message(of), at(0));
}

function clusterEvents(of: Happening): readonly ClusterEventRecord[] {
  return readClusterEvents(message(of), at(0));
}

function message({ attempt, phase, version, time, end, facts, clusterEvents: events = [] }: Happening) {
  const { error, outputs, logs, context, cluster, cacheStatus, cacheKey } = facts;
  return create(ActionEventSchema, {
    attempt,
    phase: ActionPhase[phase as keyof typeof ActionPhase],
    version,
    updatedTime: timestampOf(at(time)),
    ...(end === undefined ? {} : { endTime: timestampOf(at(end)) }),
    ...(error === undefined ? {} : { errorInfo: { message: error } }),
    ...(outputs === undefined ? {} : { outputs: { outputUri: outputs } }),
    ...(logs === undefined ? {} : { logInfo: [{ uri: logs }] }),
    ...(context === undefined ? {} : { logContext: { primaryPodName: context } }),
    ...(cluster === undefined ? {} : { cluster }),
    ...(cacheStatus === undefined ? {} : { cacheStatus }),
    ...(cacheKey === undefined
      ? {}
      : { cacheMetadata: { sourceActionAttempt: { actionId: { name: cacheKey } } } }),
    clusterEvents: events.map((one) => ({ message: one.message, occurredAt: timestampOf(at(one.time)) })),
  });
}

function literal(text: string): Uint8Array {
  return toBinary(
    LiteralSchema,
    create(LiteralSchema, {
      value: {
        case: 'scalar',
        value: { value: { case: 'primitive', value: { value: { case: 'stringValue', value: text } } } },
      },
    }),
  );
}
