/*
 * A process that creates runs as fast as it can, with children and events, and prints the name of each one that was acknowledged. It is
 * there to be killed. Argument: the database part of the configuration, as JSON.
 */
import { writeSync } from 'node:fs';
import type { DatabaseConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/repository/open.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { recordAction } from '../../src/repository/write/commands/record-action.ts';
import { recordEvents } from '../../src/repository/write/commands/record-events.ts';
import { GroupCommit } from '../../src/repository/write/group-commit.ts';
import { systemClock } from '../../src/runs/instant.ts';
import { event, newAction, newRun, recorded } from './fixtures.ts';

const LANES = 40;

const config = JSON.parse(process.argv[2] ?? '') as DatabaseConfig;
const dialect = await openDatabase(config, 'shared');
const writer = new GroupCommit(dialect, {
  clock: systemClock,
  maxQueued: 1000,
  maxBatch: 25,
  onCommitted: () => {},
});

// Written at once and not through a stream, which would still hold it when the process is killed.
const acknowledge = (line: string) => writeSync(1, `${line}\n`);

async function lane(number: number): Promise<void> {
  for (let i = 0; ; i++) {
    const run = `killed-${number}-${i}`;
    await writer.submit(createRun(newRun(run, { labels: { lane: String(number) } })));
    acknowledge(`run ${run}`);
    await writer.submit(recordAction(newAction(run, 'a1')));
    acknowledge(`action ${run}`);
    await writer.submit(recordEvents([recorded(run, 'a1', event('SUCCEEDED', 1_000_000))]));
    acknowledge(`event ${run}`);
  }
}

await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
