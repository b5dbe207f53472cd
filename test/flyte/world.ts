import type { Tally } from '../sdk/checks.ts';
import type { Ground } from './ground.ts';
import { goTogether, type Journey } from './journey.ts';
import { withService } from './service.ts';

/** A service on some ground, and the journeys that are made there. */
export interface World {
  readonly name: string;
  readonly ground: Ground;
  readonly journeys: readonly Journey[];
  /** Whether the SDK uses its controller in Rust. */
  readonly rust?: boolean;
  /** Further environment of the service. */
  readonly environment?: Record<string, string>;
  /** Set if it occupies the machine by itself; then nothing else shall. */
  readonly alone?: boolean;
}

/** Makes the journeys of a world, at most so many at once; prints what comes of each check under the world's name, and counts. */
export async function visit(world: World, venv: string, atOnce: number, tally: Tally): Promise<void> {
  const { name, ground, environment, journeys } = world;
  const started = performance.now();
  const shell: Record<string, string> = world.rust ? { _F_USE_RUST_CONTROLLER: '1' } : {};
  let failures = 0;
  const fail = (what: string, error: unknown): void => {
    failures++;
    tally.failed++;
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    console.log(`✗ ${name}: ${what}\n${reason}`);
  };
  const listener = {
    passed: (check: string, seconds: number): void => {
      tally.passed++;
      console.log(`✓ ${name}: ${check} (${seconds.toFixed(1)} s)`);
    },
    failed: fail,
  };
  try {
    await withService({ ground, venv, environment: environment ?? {}, shell }, async (service) => {
      await goTogether(journeys, service, atOnce, listener);
      if (failures > 0) console.log(`The end of the log of ${name}:\n${service.log().slice(-8000)}`);
    });
  } catch (error) {
    fail('the service', error);
  }
  console.log(`  ${name} took ${((performance.now() - started) / 1000).toFixed(0)} s`);
}
