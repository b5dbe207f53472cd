import { automationOf, type TriggerRow } from '../repository/triggers.ts';
import type { Firing } from '../repository/triggers-fire.ts';
import { type Instant, plusMillis } from '../runs/instant.ts';
import { newestFirings, nextFiring, readSchedule } from '../runs/schedule.ts';

/** What is made up for when times passed while nobody could fire. */
export interface CatchUp {
  /** How many times of one trigger at most: the newest ones. At least 1, because a time that just passed is one of them. */
  readonly maxRuns: number;
  /** How old a time may be, in milliseconds. */
  readonly maxAgeMs: number;
}

/** What a trigger that is due at `now` has to do: the times to make runs for, within the bounds of catching up, and its next time. */
export function planFiring(trigger: TriggerRow, now: Instant, catchUp: CatchUp): Firing {
  const { automation } = automationOf(trigger);
  const due = trigger.next_fire_at;
  if (automation.case !== 'schedule' || due === null || due > now) {
    return { trigger, times: [], next: due !== null && due > now ? due : undefined };
  }
  const since = trigger.schedule_since ?? trigger.deployed_at;
  const schedule = readSchedule(automation.value, since);
  const oldest = plusMillis(now, -catchUp.maxAgeMs);
  const from = due > oldest ? due : oldest;
  const times = newestFirings(schedule, since, { from, until: now }, catchUp.maxRuns);
  return { trigger, times, next: nextFiring(schedule, since, now) };
}
