/* What an action becomes, event by event. Part of the model: nothing is imported from the service. */
import { ends, type Happening, mayBeRetried, ModelAttempt, rank, type SeenAttempt } from './attempt.ts';
import type { NewThing } from './commands.ts';

/** An action as everybody may see it. */
export interface SeenAction {
  readonly parent: string;
  readonly type: string;
  readonly phase: string;
  readonly attempts: number;
  readonly start: number;
  readonly end: number | null;
  readonly durationMs: number | null;
  readonly cacheStatus: number;
  readonly error: string | null;
  readonly aborted: string | null;
  readonly signalled: string | null;
  readonly seenAttempts: readonly SeenAttempt[];
}

/** An action with its attempts. */
export class ModelAction {
  readonly name: string;
  readonly parent: string;
  readonly type: NewThing['type'];
  readonly allowed: number;
  readonly start: number;
  readonly attempts = new Map<number, ModelAttempt>();
  phase = 'QUEUED';
  current = 1;
  end: number | null = null;
  durationMs: number | null = null;
  cacheStatus = 0;
  error: string | null = null;
  aborted: string | null = null;
  signalled: string | null = null;

  constructor(name: string, parent: string, type: NewThing['type'], retries: number, start: number) {
    this.name = name;
    this.parent = parent;
    this.type = type;
    this.allowed = type === 'TASK' ? 1 + retries : 1;
    this.start = start;
    this.attempt(1).add({ attempt: 1, phase: 'QUEUED', version: 0, time: start, facts: {} });
  }

  attempt(number: number): ModelAttempt {
    const known = this.attempts.get(number) ?? new ModelAttempt(number);
    this.attempts.set(number, known);
    return known;
  }

  /** An event, or (`decides`) the word of whoever is in charge of the action. */
  happen(of: Happening, decides: boolean, durationMs?: number): void {
    this.attempt(of.attempt).add(of);
    this.#move(of, decides, durationMs);
    if (of.attempt !== this.current) return;
    const { facts } = this.attempt(of.attempt).see();
    this.cacheStatus = facts.cacheStatus ?? 0;
    if (mayBeRetried(this.phase) && facts.error !== undefined) this.error = facts.error;
  }

  #move(of: Happening, decides: boolean, durationMs?: number): void {
    if (ends(this.phase) || of.attempt < this.current) return;
    if (of.attempt > this.current) {
      this.current = of.attempt;
      this.phase = 'QUEUED';
    }
    if (mayBeRetried(of.phase) && !decides && of.attempt < this.allowed) return;
    if (rank(of.phase) <= rank(this.phase)) return;
    this.phase = of.phase;
    if (!ends(of.phase)) return;
    this.end = Math.max(this.start, of.end ?? of.time);
    this.durationMs = durationMs ?? Math.floor((this.end - this.start) / 1000);
  }

  /** A tracked process may go on with a further attempt after it had reported the end. */
  reopen(attempt: number): void {
    if (!mayBeRetried(this.phase) || attempt <= this.current) return;
    Object.assign(this, { phase: 'QUEUED', end: null, durationMs: null, error: null });
  }

  abort(reason: string, now: number): void {
    if (ends(this.phase)) return;
    this.aborted = reason;
    this.happen({ attempt: this.current, phase: 'ABORTED', version: 0, time: now, facts: {} }, true);
  }

  see(): SeenAction {
    const numbers = [...this.attempts.keys()].sort((a, b) => a - b);
    return {
      parent: this.parent,
      type: this.type,
      phase: this.phase,
      attempts: this.current,
      start: this.start,
      end: this.end,
      durationMs: this.durationMs,
      cacheStatus: this.cacheStatus,
      error: this.error,
      aborted: this.aborted,
      signalled: this.signalled,
      seenAttempts: numbers.map((number) => this.attempt(number).see()),
    };
  }
}
