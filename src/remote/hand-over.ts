import { fromBinary } from '@bufbuild/protobuf';
import { type Client, Code, createClient, type Transport } from '@connectrpc/connect';
import {
  AbortRequestSchema,
  ActionsService,
  SignalRequestSchema,
} from '../gen/flyteidl2/actions/actions_service_pb.js';
import type { Logger } from '../logger.ts';
import { failRefused } from '../repository/outbox-refusal.ts';
import type { Row } from '../repository/schema.ts';
import type { GroupCommit } from '../repository/write/group-commit.ts';
import { DomainError } from '../runs/errors.ts';
import { actionText, type RunKey } from '../runs/identity.ts';
import { enqueueRequest, type EnqueueSource } from './enqueue-request.ts';
import { attemptCall, type Refusal } from './outcome.ts';
import type { OutboxMetrics, Teller } from './teller.ts';

/** What handing over works with. */
export interface HandOverDeps extends EnqueueSource {
  readonly transport: Transport;
  readonly url: string;
  readonly writer: Pick<GroupCommit, 'submit'>;
  readonly logger: Logger;
  readonly metrics: Pick<OutboxMetrics, 'refusals'>;
}

/**
 * Hands enqueues, aborts and signals over to the ActionsService that executes this service's actions. It reports back by itself, through
 * InternalRunService; nothing is learnt here but whether it accepts.
 */
export function createHandOver(deps: HandOverDeps): Teller {
  const client = createClient(ActionsService, deps.transport);
  return {
    target: 'ACTIONS',
    key: 'executor.remote.url',
    url: deps.url,
    async tell(entries, told, signal) {
      for (const entry of entries) {
        await handOver(deps, client, entry, signal);
        told(entry.id);
      }
    },
  };
}

async function handOver(
  deps: HandOverDeps,
  client: Client<typeof ActionsService>,
  entry: Row<'outbox'>,
  signal: AbortSignal,
): Promise<void> {
  const payload = entry.payload ?? new Uint8Array();
  switch (entry.kind) {
    case 'ENQUEUE':
      return handOverAction(deps, client, entry.action_id, signal);
    case 'ABORT': {
      const request = fromBinary(AbortRequestSchema, payload);
      const headers = actionHeaders(request.actionId?.run);
      const refusal = await attemptCall(() => client.abort(request, { headers, signal }));
      // Unknown there, or over: there is nothing to abort.
      if (refusal?.code === Code.InvalidArgument) drop(deps, entry, refusal);
      return;
    }
    case 'SIGNAL': {
      const request = fromBinary(SignalRequestSchema, payload);
      const headers = actionHeaders(request.actionId?.run, request.parentActionName);
      const refusal = await attemptCall(() => client.signal(request, { headers, signal }));
      if (refusal !== undefined) drop(deps, entry, refusal);
      return;
    }
    default:
      throw new Error(`the outbox has an entry of the unknown kind ${entry.kind}`);
  }
}

async function handOverAction(
  deps: HandOverDeps,
  client: Client<typeof ActionsService>,
  actionId: number,
  signal: AbortSignal,
): Promise<void> {
  const message = await enqueueRequest(deps, actionId);
  if (message === undefined) return;
  const { place, parent, request } = message;
  const headers = actionHeaders(place.key.run, parent);
  const refusal = await attemptCall(() => client.enqueue(request, { headers, signal }));
  if (refusal === undefined) return;
  deps.metrics.refusals.inc({ target: 'actions', code: Code[refusal.code] });
  deps.logger.warn(
    { action: actionText(place.key), refusal: refusal.sentence },
    'the remote executor refused an action',
  );
  try {
    await deps.writer.submit(
      failRefused(place, `the remote executor refused the action: ${refusal.sentence}`),
    );
  } catch (error) {
    // Its run was removed meanwhile.
    if (!(error instanceof DomainError && error.code === 'not_found')) throw error;
  }
}

/** What is refused here has happened in this service already and stays so. */
function drop(deps: HandOverDeps, entry: Row<'outbox'>, { code, sentence }: Refusal): void {
  deps.metrics.refusals.inc({ target: 'actions', code: Code[code] });
  deps.logger.warn(
    { actionId: entry.action_id, kind: entry.kind, refusal: sentence },
    'the remote executor refused what it was told of an action',
  );
}

/** The headers by which a proxy in front of the ActionsService finds the one that has the run. */
function actionHeaders(run: RunKey | undefined, parent = ''): Record<string, string> {
  return {
    ...(run === undefined
      ? {}
      : {
          'x-actions-project': headerText(run.project),
          'x-actions-domain': headerText(run.domain),
          'x-actions-run': headerText(run.name),
        }),
    ...(parent === '' ? {} : { 'x-actions-parent-action': headerText(parent) }),
  };
}

/** Headers carry ASCII only. */
function headerText(value: string): string {
  return value.replace(/[^\x20-\x7e]/g, encodeURIComponent);
}
