import { ActionPhase } from '../../src/gen/flyteidl2/common/phase_pb.js';

const terminal = new Set([
  ActionPhase.SUCCEEDED,
  ActionPhase.FAILED,
  ActionPhase.ABORTED,
  ActionPhase.TIMED_OUT,
  ActionPhase.RECOVERED,
]);

/** Whether an action in this phase has ended. */
export function isTerminalSeed(phase: ActionPhase): boolean {
  return terminal.has(phase);
}
