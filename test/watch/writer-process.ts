import type { DatabaseConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/repository/open.ts';
import { GroupCommit } from '../../src/repository/write/group-commit.ts';
import { systemClock } from '../../src/runs/instant.ts';
import { writeRandomly } from './random-writes.ts';

/** Another process that writes into the same database: `writer-process.ts CONFIG NAME SEED COUNT`. Prints `done` at the end. */
const [config = '', name = '', seed, count] = process.argv.slice(2);
const dialect = await openDatabase(JSON.parse(config) as DatabaseConfig, 'shared');
const writer = new GroupCommit(dialect, {
  clock: systemClock,
  maxQueued: 1000,
  maxBatch: 100,
  onCommitted: () => void dialect.notify?.().catch(() => {}),
});
await writeRandomly(writer, { name, seed: Number(seed), count: Number(count) });
await writer.close();
await dialect.close();
process.stdout.write('done\n');
