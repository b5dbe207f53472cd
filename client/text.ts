import { Code, ConnectError } from '@connectrpc/connect';
import { ActionPhase } from '../src/gen/flyteidl2/common/phase_pb.js';
import type { Action } from '../src/gen/flyteidl2/workflow/run_definition_pb.js';

/** The name of a phase without its prefix, such as RUNNING. */
export function phaseName(phase: ActionPhase | undefined): string {
  return ActionPhase[phase ?? 0] ?? String(phase);
}

/** Whether an action in this phase has ended. */
export function hasEnded(phase: ActionPhase | undefined): boolean {
  switch (phase) {
    case ActionPhase.SUCCEEDED:
    case ActionPhase.FAILED:
    case ActionPhase.ABORTED:
    case ActionPhase.TIMED_OUT:
    case ActionPhase.RECOVERED:
      return true;
    default:
      return false;
  }
}

/** Phase, attempt and duration of an action, as `FAILED (attempt 2, 1.50 s)`. */
export function statusText({ status }: Action): string {
  const notes: string[] = [];
  if (status && status.attempts > 1) notes.push(`attempt ${status.attempts}`);
  if (status?.durationMs !== undefined) notes.push(`${(Number(status.durationMs) / 1000).toFixed(2)} s`);
  return phaseName(status?.phase) + (notes.length > 0 ? ` (${notes.join(', ')})` : '');
}

/** What an action is called by people: its task's, trace's or condition's name. */
export function titleOf({ metadata }: Action): string {
  switch (metadata?.spec.case) {
    case 'task':
      return metadata.spec.value.shortName || metadata.spec.value.id?.name || '';
    case 'trace':
    case 'condition':
      return metadata.spec.value.name;
    default:
      return '';
  }
}

/** An error of a call as one sentence: its code, as the contract names it, and what the service said. */
export function errorText(error: unknown): string {
  if (!(error instanceof ConnectError)) return error instanceof Error ? error.message : String(error);
  const code = Code[error.code].replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
  return `${code}: ${error.rawMessage}`;
}
