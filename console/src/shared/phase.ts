import { ActionPhase } from '../../../src/gen/flyteidl2/common/phase_pb.js';

/** A phase as the console writes it: in addresses (`key`), on the page (`label`), in colours (`colour`: --phase-<colour>). */
export interface PhaseInfo {
  readonly phase: ActionPhase;
  readonly key: string;
  readonly label: string;
  readonly colour: string;
  /** Nothing follows this phase. */
  readonly terminal: boolean;
}

/** In the order of a life: what waits, what goes on, how it ended. */
export const PHASES: readonly PhaseInfo[] = [
  info(ActionPhase.QUEUED, 'queued', 'Queued', false),
  info(ActionPhase.WAITING_FOR_RESOURCES, 'waiting', 'Waiting', false),
  info(ActionPhase.INITIALIZING, 'initializing', 'Starting', false),
  info(ActionPhase.RUNNING, 'running', 'Running', false),
  info(ActionPhase.PAUSED, 'paused', 'Paused', false),
  info(ActionPhase.SUCCEEDED, 'succeeded', 'Succeeded', true),
  info(ActionPhase.RECOVERED, 'recovered', 'Recovered', true),
  info(ActionPhase.FAILED, 'failed', 'Failed', true),
  info(ActionPhase.TIMED_OUT, 'timed-out', 'Timed out', true),
  info(ActionPhase.ABORTED, 'aborted', 'Aborted', true),
];

const byNumber = new Map(PHASES.map((phase) => [phase.phase, phase]));
const byKey = new Map(PHASES.map((phase) => [phase.key, phase]));
const unknown = info(ActionPhase.UNSPECIFIED, 'queued', 'Unknown', false);

/** What is known of a phase; of UNSPECIFIED, and of phases that came after this page, that it is unknown. */
export function phaseInfo(phase: ActionPhase | undefined): PhaseInfo {
  return (phase === undefined ? undefined : byNumber.get(phase)) ?? unknown;
}

/** The phase with this key, as addresses name it. */
export function phaseOfKey(key: string): PhaseInfo | undefined {
  return byKey.get(key);
}

/** Whether an action in this phase has ended. */
export function isTerminal(phase: ActionPhase | undefined): boolean {
  return phaseInfo(phase).terminal;
}

function info(phase: ActionPhase, key: string, label: string, terminal: boolean): PhaseInfo {
  return { phase, key, label, colour: key, terminal };
}
