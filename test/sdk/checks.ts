/** One thing that must hold; `run` throws if it does not. */
export interface Check {
  readonly name: string;
  run(): Promise<void> | void;
}

/** How many checks held. */
export interface Tally {
  passed: number;
  failed: number;
}

/** Runs checks one after the other, prints a line for each, and goes on after one that fails. */
export async function runChecks(checks: readonly Check[], tally: Tally): Promise<void> {
  for (const { name, run } of checks) {
    try {
      await run();
      tally.passed++;
      console.log(`✓ ${name}`);
    } catch (error) {
      tally.failed++;
      console.log(`✗ ${name}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }
}
