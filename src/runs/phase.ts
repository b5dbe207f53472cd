/**
 * The phases of an action and of its attempts, in the order in which they may follow each other.
 *
 * This is the only place that ranks phases. Numbers are those of `flyteidl2.common.ActionPhase`; the database and the
 * rules use the names without their prefix.
 */
export const PHASES = [
  'QUEUED',
  'WAITING_FOR_RESOURCES',
  'INITIALIZING',
  'RUNNING',
  'PAUSED',
  'SUCCEEDED',
  'FAILED',
  'ABORTED',
  'TIMED_OUT',
  'RECOVERED',
] as const;

/** A phase of an action or of an attempt (ActionPhase without its prefix). */
export type Phase = (typeof PHASES)[number];

const TERMINAL_RANK = 10;

const facts: Record<Phase, { number: number; rank: number }> = {
  QUEUED: { number: 1, rank: 1 },
  WAITING_FOR_RESOURCES: { number: 2, rank: 2 },
  INITIALIZING: { number: 3, rank: 3 },
  RUNNING: { number: 4, rank: 4 },
  PAUSED: { number: 9, rank: 5 },
  SUCCEEDED: { number: 5, rank: TERMINAL_RANK },
  FAILED: { number: 6, rank: TERMINAL_RANK },
  ABORTED: { number: 7, rank: TERMINAL_RANK },
  TIMED_OUT: { number: 8, rank: TERMINAL_RANK },
  RECOVERED: { number: 10, rank: TERMINAL_RANK },
};

const byNumber = new Map<number, Phase>(PHASES.map((phase) => [facts[phase].number, phase]));
const byName = new Map<string, Phase>(PHASES.map((phase) => [phase, phase]));

/** The rank of a phase within its attempt: a higher one may follow a lower one, never the other way round. */
export function phaseRank(phase: Phase): number {
  return facts[phase].rank;
}

/** Whether the phase ends an attempt. */
export function isTerminal(phase: Phase): boolean {
  return facts[phase].rank === TERMINAL_RANK;
}

/** Whether an attempt that ends so may be followed by another one (FAILED, TIMED_OUT). */
export function isRetryable(phase: Phase): boolean {
  return phase === 'FAILED' || phase === 'TIMED_OUT';
}

/** The number of the phase in `ActionPhase`. */
export function phaseNumber(phase: Phase): number {
  return facts[phase].number;
}

/** The phase of a number of `ActionPhase`; undefined for UNSPECIFIED and for numbers that this version does not know. */
export function phaseFromNumber(number: number): Phase | undefined {
  return byNumber.get(number);
}

/** Reads a phase as people and clients write it: its number, its name, or its name with the enum's prefix, in any case. */
export function parsePhase(text: string): Phase | undefined {
  if (/^\d{1,3}$/.test(text)) return byNumber.get(Number(text));
  return byName.get(text.toUpperCase().replace(/^ACTION_PHASE_/, ''));
}
