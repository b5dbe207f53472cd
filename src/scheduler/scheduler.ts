import type { Dialect } from '../repository/dialects/dialect.ts';
import type { TriggerRow } from '../repository/triggers.ts';
import {
  dueTriggers,
  type Fired,
  type Firing,
  fireTriggers,
  nextDueAt,
} from '../repository/triggers-fire.ts';
import type { FireOptions } from '../repository/triggers-run.ts';
import type { GroupCommit } from '../repository/write/group-commit.ts';
import { type Clock, type Instant, plusMillis } from '../runs/instant.ts';
import { type CatchUp, planFiring } from './plan.ts';

/** Triggers that share a transaction. */
const BATCH = 50;
/** A trigger that can't be fired (its row can't be read, say) is tried again after this time, so that it does not hold up the others. */
const RETRY_MS = 60_000;
const MAX_SET_ASIDE = 1000;

/** What the scheduler works with. */
export interface SchedulerOptions {
  readonly dialect: Dialect;
  readonly writer: GroupCommit;
  /** Decides what is due; tests inject their own. */
  readonly clock: Clock;
  readonly catchUp: CatchUp;
  readonly run: FireOptions;
  /** Told about every scheduled time after its transaction committed. */
  readonly onFired?: (fired: Fired) => void;
  /** Told about triggers that could not be fired for now. */
  readonly onError?: (error: unknown, trigger: TriggerRow) => void;
}

/** Fires what is due. */
export interface Scheduler {
  /** Fires everything that is due now; resolves with when the next trigger is due. Rejects if the database does not answer. */
  tick(signal?: AbortSignal): Promise<Instant | undefined>;
}

/**
 * A scheduler over the triggers of a database. Any number of them may run, in any number of processes: a scheduled time is fired by one,
 * in one transaction which creates the run and moves the trigger on to its next time. So a crash loses no time and doubles none; the
 * run's name, which follows from trigger and time, is a second lock against doubles.
 */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { dialect, writer, clock, catchUp } = options;
  const aside = new Map<number, Instant>();

  const commit = async (firings: readonly Firing[]): Promise<void> => {
    const fired = await writer.exclusive(async (db, unit) => {
      const done = await fireTriggers(dialect, db, unit(), firings, options.run);
      return { result: done.fired, flushed: done.flushed ? [done.flushed] : [] };
    });
    for (const one of fired) options.onFired?.(one);
  };

  const setAside = (error: unknown, trigger: TriggerRow, now: Instant): void => {
    if (aside.size >= MAX_SET_ASIDE) throw error;
    aside.set(trigger.id, plusMillis(now, RETRY_MS));
    options.onError?.(error, trigger);
  };

  /** What each has to do; one whose schedule can't be read any more is set aside. */
  const planAll = (triggers: readonly TriggerRow[], now: Instant): Firing[] =>
    triggers.flatMap((trigger) => {
      try {
        return [planFiring(trigger, now, catchUp)];
      } catch (error) {
        setAside(error, trigger, now);
        return [];
      }
    });

  /** Together, and if the database refuses what one of them brings, one by one, so that only that one is set aside. */
  const fire = async (firings: readonly Firing[], now: Instant): Promise<void> => {
    try {
      await commit(firings);
    } catch (error) {
      if (!dialect.isContentError(error)) throw error;
      const [first] = firings;
      if (firings.length === 1 && first) setAside(error, first.trigger, now);
      else for (const one of firings) await fire([one], now);
    }
  };

  return {
    async tick(signal) {
      const now = clock();
      for (const [id, until] of aside) if (until <= now) aside.delete(id);
      while (signal?.aborted !== true) {
        const due = await dueTriggers(dialect.reader, now, BATCH, [...aside.keys()]);
        if (due.length === 0) break;
        const firings = planAll(due, now);
        if (firings.length > 0) await fire(firings, now);
      }
      return nextDueAt(dialect.reader, [...aside.keys()]);
    },
  };
}
