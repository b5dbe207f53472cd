import { join } from 'node:path';
import type { DatabaseConfig } from '../../src/config.ts';
import { uptimeMs } from '../../src/executor/uptime.ts';
import { openDatabase } from '../../src/repository/open.ts';
import { GroupCommit } from '../../src/repository/write/group-commit.ts';
import { systemClock } from '../../src/runs/instant.ts';
import { makeExecutor } from './harness.ts';

/**
 * An executor in a process of its own: `executor-process.ts CONFIG FOLDER HOLD-AT [LEASE-MS]`. At that point of an action's way it prints the
 * point and goes no further, so that it can be killed there. With a lease it is one of several.
 */
const [config = '', folder = '', holdAt = '', leaseMs] = process.argv.slice(2);
const dialect = await openDatabase(JSON.parse(config) as DatabaseConfig, 'shared');
const writer = new GroupCommit(dialect, {
  clock: systemClock,
  maxQueued: 1000,
  maxBatch: 100,
  onCommitted: (flushed) => executor.committed(flushed),
});
const leased =
  leaseMs === undefined
    ? {}
    : {
        node: 'process',
        lease: {
          leaseMs: Number(leaseMs),
          file: join(folder, 'process.lease'),
          earlierName: 'process of old',
          uptimeMs,
        },
      };
const executor = makeExecutor(
  { dialect, writer, clock: systemClock, folder },
  {
    ...leased,
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
