import type { DatabaseConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/repository/open.ts';
import { GroupCommit } from '../../src/repository/write/group-commit.ts';
import { systemClock } from '../../src/runs/instant.ts';
import { makeExecutor } from './harness.ts';

/**
 * An executor in a process of its own: `executor-process.ts CONFIG FOLDER HOLD-AT`. At that point of an action's way it prints the
 * point and goes no further, so that it can be killed there.
 */
const [config = '', folder = '', holdAt = ''] = process.argv.slice(2);
const dialect = await openDatabase(JSON.parse(config) as DatabaseConfig, 'shared');
const writer = new GroupCommit(dialect, {
  clock: systemClock,
  maxQueued: 1000,
  maxBatch: 100,
  onCommitted: (flushed) => executor.committed(flushed),
});
const executor = makeExecutor(
  { dialect, writer, clock: systemClock, folder },
  {
    pollMs: 20,
    hook: (point) => {
      if (point !== holdAt) return undefined;
      process.stdout.write(`${point}\n`);
      return new Promise<never>(() => {});
    },
  },
);
await executor.start();
process.stdout.write('started\n');
