import { type Client, Code, createClient, type Transport } from '@connectrpc/connect';
import { InternalRunService } from '../gen/flyteidl2/workflow/internal_run_service_pb.js';
import type { Status } from '../gen/google/rpc/status_pb.js';
import type { Logger } from '../logger.ts';
import type { Dialect } from '../repository/dialects/dialect.ts';
import { attemptCall, judge, type Refusal } from './outcome.ts';
import { type ActionReport, actionReport } from './report-messages.ts';
import type { OutboxMetrics, Teller } from './teller.ts';

/** What reporting works with. */
export interface ReportDeps {
  readonly dialect: Dialect;
  readonly transport: Transport;
  readonly url: string;
  readonly logger: Logger;
  readonly metrics: Pick<OutboxMetrics, 'refusals'>;
}

const MAX_EVENTS = 500;

/**
 * Reports what happens to the runs that another service handed to this one, to its InternalRunService. A report says how an action
 * stands when it is sent, so several entries of one action become one report, and repeating it changes nothing.
 */
export function createReporter(deps: ReportDeps): Teller {
  const client = createClient(InternalRunService, deps.transport);
  return {
    target: 'RUNS',
    key: 'executor.reportTo.url',
    url: deps.url,
    async tell(entries, told, signal) {
      const fresh = new Set(entries.filter(({ kind }) => kind === 'RECORD').map((one) => one.action_id));
      for (const actionId of new Set(entries.map((one) => one.action_id))) {
        const report = await actionReport(deps.dialect, actionId);
        if (report === undefined) continue;
        const refusal = await send(client, report, fresh.has(actionId), signal);
        if (refusal !== undefined) logRefusal(deps, actionId, refusal);
      }
      told(entries.at(-1)?.id ?? 0);
    },
  };
}

/** Stops at what is refused: an action that the runs service does not take has no use for the rest. */
async function send(
  client: Client<typeof InternalRunService>,
  { record, events, end }: ActionReport,
  isNew: boolean,
  signal: AbortSignal,
): Promise<Refusal | undefined> {
  if (isNew) {
    const refusal = await answered(async () => (await client.recordAction(record, { signal })).status);
    if (refusal !== undefined) return refusal;
  }
  for (let from = 0; from < events.length; from += MAX_EVENTS) {
    const page = events.slice(from, from + MAX_EVENTS);
    const refusal = await answered(
      async () => (await client.recordActionEvents({ events: page }, { signal })).status,
    );
    if (refusal !== undefined) return refusal;
  }
  if (end === undefined) return undefined;
  return answered(async () => (await client.updateActionStatus(end, { signal })).status);
}

/** The call itself may fail, and so may what its answer says. */
async function answered(call: () => Promise<Status | undefined>): Promise<Refusal | undefined> {
  let status: Status | undefined;
  const refusal = await attemptCall(async () => {
    status = await call();
  });
  if (refusal !== undefined || status === undefined || status.code === 0) return refusal;
  return judge(status.code as Code, status.message);
}

function logRefusal({ logger, metrics }: ReportDeps, actionId: number, { code, sentence }: Refusal): void {
  metrics.refusals.inc({ target: 'runs', code: Code[code] });
  logger.warn({ actionId, refusal: sentence }, 'the runs service refused the report of an action');
}
