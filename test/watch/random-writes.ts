import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { recordAction } from '../../src/repository/write/commands/record-action.ts';
import { recordEvents } from '../../src/repository/write/commands/record-events.ts';
import { updateStatus } from '../../src/repository/write/commands/update-status.ts';
import type { GroupCommit } from '../../src/repository/write/group-commit.ts';
import { DomainError } from '../../src/runs/errors.ts';
import { PHASES } from '../../src/runs/phase.ts';
import { event, newAction, newRun, recorded, status, task } from '../repository/fixtures.ts';

/** The runs that all writers of a test write to. */
export const SHARED_RUNS = ['shared0', 'shared1', 'shared2'];

/** Numbers from 0 to below 1, the same for the same seed. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Writes at random: new runs; actions of the shared runs, many before their parents; statuses and events of any phase and attempt, in any
 * order. What the rules refuse is part of it.
 */
export async function writeRandomly(
  writer: GroupCommit,
  options: { name: string; seed: number; count: number },
): Promise<void> {
  const { name, count } = options;
  const random = randomNumbers(options.seed);
  const below = (n: number) => Math.floor(random() * n);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  let actions = 0;
  let runs = 0;
  const someEvent = (i: number) => event(pick(PHASES), i, { attempt: 1 + below(3), version: below(3) });
  for (let i = 0; i < count; i++) {
    const run = pick(SHARED_RUNS);
    const target = `${name}a${below(actions + 1)}`;
    const roll = random();
    try {
      if (roll < 0.05) {
        await writer.submit(createRun(newRun(`${name}-r${runs++}`)));
      } else if (roll < 0.1 && runs > 0) {
        await writer.submit(updateStatus(status(`${name}-r${below(runs)}`, 'a0', someEvent(i))));
      } else if (roll < 0.4) {
        // Sometimes below one that is recorded later, or never.
        const parent = random() < 0.3 ? '' : `${name}a${below(actions + 3)}`;
        const more = { parent, spec: task(pick(['mod.load', 'mod.sum']), 2) };
        await writer.submit(recordAction(newAction(run, `${name}a${actions++}`, more)));
      } else if (roll < 0.7) {
        await writer.submit(updateStatus(status(run, target, someEvent(i))));
      } else {
        const events = Array.from({ length: 1 + below(4) }, () => recorded(run, target, someEvent(i)));
        await writer.submit(recordEvents(events));
      }
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
    }
  }
}
