import type { Tally } from '../sdk/checks.ts';
import type { Place } from './place.ts';

/** Holds one thing to be true, under a name. */
export type CheckThat = (name: string, test: () => Promise<void> | void) => Promise<void>;

/** Something that people do with Flyte, and what they find. */
export interface Journey {
  /** The names of its runs begin with it; unique. */
  readonly name: string;
  go(place: Place, check: CheckThat): Promise<void>;
}

/** Goes journeys side by side, at most so many at once; prints a line for each check. A journey ends with its first check that fails. */
export async function goTogether(
  journeys: readonly Journey[],
  place: Place,
  atOnce: number,
  tally: Tally,
): Promise<void> {
  const waiting = [...journeys];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await go(next, place, tally);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function go(journey: Journey, place: Place, tally: Tally): Promise<void> {
  const started = performance.now();
  let last = journey.name;
  const failed = (error: unknown): void => {
    tally.failed++;
    console.log(`✗ ${last}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  };
  try {
    await journey.go(place, async (name, test) => {
      last = name;
      await test();
      tally.passed++;
      console.log(`✓ ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
    });
  } catch (error) {
    failed(error);
  }
}
