import { useQuery } from '@tanstack/react-query';
import type { ActionDetails } from '../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { type RunKind, runClient } from '../api/clients.ts';
import { runId, type Scope } from '../api/scope.ts';
import { ActionPhase } from '../../../src/gen/flyteidl2/common/phase_pb.js';
import { errorExcerpt, errorLine } from '../shared/error-line.ts';
import { limiter } from './limiter.ts';
import type { RunRow } from './run-row.ts';

// Browsers have six connections to an origin over HTTP/1.1: the stream, the pages and what people click have to get theirs.
const inTurn = limiter(3);

/** Why a run failed or was stopped: in a line, and as much more as a tooltip holds. */
export interface Reason {
  readonly line: string;
  readonly whole: string;
}

/** Lists carry no errors, so that of a failed run that is seen is asked for; once, because it does not change any more. */
export function useReason(kind: RunKind, scope: Scope, row: RunRow): Reason | undefined {
  const { data } = useQuery({
    queryKey: ['reason', kind, scope.domain, scope.project, row.name, row.attempts, row.phase],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) =>
      inTurn(async () => {
        const { details } = await runClient(kind).getRunDetails(
          { runId: runId(scope, row.name) },
          { signal },
        );
        return reasonOf(details?.action?.result) ?? null;
      }, signal),
  });
  return data ?? undefined;
}

/** Phases that have a reason. */
export const failed: ReadonlySet<ActionPhase> = new Set([
  ActionPhase.FAILED,
  ActionPhase.TIMED_OUT,
  ActionPhase.ABORTED,
]);

/** What a run that ended so has to say of it; undefined if nothing. */
export function reasonOf(result: ActionDetails['result'] | undefined): Reason | undefined {
  if (result?.case === 'errorInfo') {
    return { line: errorLine(result.value), whole: errorExcerpt(result.value.message) };
  }
  if (result?.case === 'abortInfo' && result.value.reason !== '') {
    return { line: result.value.reason, whole: result.value.reason };
  }
  return undefined;
}
