/*
 * What an attempt is, said of the set of its events and not of their order. Part of the model: nothing is imported from the service.
 * Times are whole numbers.
 */

/** The ranks of the phases; the last five end an attempt. */
export const RANK: Record<string, number> = {
  QUEUED: 1,
  WAITING_FOR_RESOURCES: 2,
  INITIALIZING: 3,
  RUNNING: 4,
  PAUSED: 5,
  SUCCEEDED: 6,
  FAILED: 6,
  ABORTED: 6,
  TIMED_OUT: 6,
  RECOVERED: 6,
};

/** Whether a phase ends an attempt. */
export const ends = (phase: string): boolean => rank(phase) === 6;

/** Whether a further attempt may follow. */
export const mayBeRetried = (phase: string): boolean => phase === 'FAILED' || phase === 'TIMED_OUT';

/** The rank of a phase. */
export function rank(phase: string): number {
  return RANK[phase] ?? 0;
}

/** What an event may say of an attempt beside its phase. */
export interface Facts {
  readonly error?: string | undefined;
  readonly outputs?: string | undefined;
  readonly logs?: string | undefined;
  readonly context?: string | undefined;
  readonly cluster?: string | undefined;
  readonly cacheStatus?: number | undefined;
  readonly cacheKey?: string | undefined;
}

/** Something that happened to an attempt. */
export interface Happening {
  readonly attempt: number;
  readonly phase: string;
  readonly version: number;
  readonly time: number;
  readonly end?: number | undefined;
  readonly facts: Facts;
  readonly clusterEvents?: readonly { readonly message: string; readonly time: number }[];
}

/** An attempt as everybody may see it. */
export interface SeenAttempt {
  readonly attempt: number;
  readonly phase: string;
  readonly start: number;
  readonly end: number | null;
  readonly transitions: readonly {
    readonly phase: string;
    readonly start: number;
    readonly end: number | null;
  }[];
  readonly facts: Facts;
  readonly clusterEvents: readonly string[];
}

/** An attempt as the list of what happened to it, without what contradicts its end. */
export class ModelAttempt {
  readonly number: number;
  readonly #happened: Happening[] = [];
  readonly #clusterEvents: { message: string; time: number }[] = [];

  constructor(number: number) {
    this.number = number;
  }

  /** Takes note of an event; of two ends that differ only the first counts. */
  add(happening: Happening): void {
    for (const one of happening.clusterEvents ?? []) {
      const known = this.#clusterEvents.some((e) => e.message === one.message && e.time === one.time);
      if (!known) this.#clusterEvents.push(one);
    }
    const end = this.#happened.find((one) => ends(one.phase))?.phase;
    if (end !== undefined && ends(happening.phase) && happening.phase !== end) return;
    this.#happened.push(happening);
  }

  /** The first time at which it ran, if it did. */
  ranSince(): number | undefined {
    return this.see().transitions.find((one) => one.phase === 'RUNNING')?.start;
  }

  /** What it is now. */
  see(): SeenAttempt {
    const phases = [...new Set(this.#happened.map((one) => one.phase))].sort((a, b) => rank(a) - rank(b));
    const last = phases.at(-1) ?? 'QUEUED';
    const final = this.#happened.filter((one) => ends(one.phase));
    const end = ends(last) ? Math.min(...final.map((one) => one.end ?? one.time)) : null;
    const starts = phases.map((phase) =>
      Math.min(...this.#happened.filter((one) => rank(one.phase) >= rank(phase)).map(reached)),
    );
    return {
      attempt: this.number,
      phase: last,
      start: starts[0] ?? 0,
      end,
      transitions: phases.map((phase, i) => ({
        phase,
        start: starts[i] ?? 0,
        end: i + 1 < phases.length ? (starts[i + 1] ?? 0) : end,
      })),
      facts: this.#facts(),
      clusterEvents: this.#clusterEvents
        .toSorted((a, b) => a.time - b.time)
        .map((one) => `${one.time} ${one.message}`),
    };
  }

  #facts(): Facts {
    const rising = this.#happened
      .map((one, i) => ({ one, i }))
      // Of events of the same place the first one counts, so it comes last here.
      .toSorted(
        (a, b) => rank(a.one.phase) - rank(b.one.phase) || a.one.version - b.one.version || b.i - a.i,
      );
    return Object.assign({}, ...rising.map(({ one }) => defined(one.facts))) as Facts;
  }
}

/** An end may be reported later than it was. */
function reached(one: Happening): number {
  return ends(one.phase) && one.end !== undefined ? Math.min(one.end, one.time) : one.time;
}

function defined(facts: Facts): Facts {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}
