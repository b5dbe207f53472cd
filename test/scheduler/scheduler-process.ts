import type { DatabaseConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/repository/open.ts';
import { GroupCommit } from '../../src/repository/write/group-commit.ts';
import type { Instant } from '../../src/runs/instant.ts';
import { createScheduler } from '../../src/scheduler/scheduler.ts';

/** What the parent asks: to fire what is due at a time, and perhaps to stop for good before the first commit. */
export interface Order {
  readonly now: Instant;
  readonly hang?: boolean;
}

/** What a child answers: how many runs it created, or that it now holds its transaction open. */
export type Answer = { readonly created: number } | { readonly holding: true } | { readonly ready: true };

/** Another process that fires triggers of the same database at the times that its parent names: `scheduler-process.ts CONFIG`. */
const dialect = await openDatabase(JSON.parse(process.argv[2] ?? '') as DatabaseConfig, 'shared');
let order: Order = { now: '' };
let created = 0;
const writer = new GroupCommit(dialect, {
  clock: () => order.now,
  maxQueued: 1000,
  maxBatch: 100,
  onCommitted: () => {},
  async beforeCommit() {
    if (order.hang !== true) return;
    tell({ holding: true });
    await new Promise(() => {});
  },
});
const scheduler = createScheduler({
  dialect,
  writer,
  clock: () => order.now,
  catchUp: { maxRuns: 10, maxAgeMs: 86_400_000 },
  run: { autoCreateProject: true, execute: false },
  onFired: (fired) => {
    created += Number(fired.created);
  },
});

function tell(answer: Answer): void {
  process.send?.(answer);
}

process.on('message', async (message: Order) => {
  order = message;
  created = 0;
  await scheduler.tick();
  tell({ created });
});
process.on('disconnect', () => process.exit(0));
tell({ ready: true });
