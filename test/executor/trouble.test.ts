import { expect, describe, test } from 'vitest';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import { claimExecutions } from '../../src/repository/executions.ts';
import { dialects } from '../support/databases.ts';
import { type Bench, makeExecutor, useBench } from './harness.ts';

/** A database that fails once: at the first read after the writing connection has answered rows, when it is told to pay attention. */
function failing({ dialect }: Bench) {
  let state: 'calm' | 'attentive' | 'answered' = 'calm';
  let failed = false;
  const writer = dialect.writer.withPlugin({
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }) => {
      if (state === 'attentive' && result.rows.length > 0) state = 'answered';
      return result;
    },
  });
  return {
    attend: () => {
      state = 'attentive';
    },
    hasFailed: () => failed,
    dialect: {
      ...dialect,
      writer,
      get reader() {
        if (state === 'answered') {
          state = 'calm';
          failed = true;
          throw new Error('the connection broke');
        }
        return dialect.reader;
      },
    } satisfies Dialect,
  };
}

describe.each(dialects)('trouble with the database on $name', ({ create }) => {
  const open = useBench(create);

  test('what was claimed when a connection broke is run all the same', async () => {
    const bench = await open();
    const database = failing(bench);
    const executor = makeExecutor({ ...bench, clock: bench.clock, dialect: database.dialect }, {});
    bench.executor = executor;
    await executor.start();
    await bench.run('before', {});
    await bench.untilDone('before');
    await bench.until(async () => executor.running === 0);
    database.attend();
    await bench.run('r1', {});
    await bench.untilDone('r1');
    expect(database.hasFailed()).toBe(true);
    expect(await bench.action('r1')).toMatchObject({ phase: 'SUCCEEDED', attempts: 1 });
  });

  test('what an earlier executor held is found, although a connection broke at the first look', async () => {
    const bench = await open();
    await bench.run('r1', {});
    const claims = [{ actionId: (await bench.execution('r1')).action_id, token: 'earlier' }];
    await claimExecutions(bench.dialect, claims, 'test', bench.clock());
    const database = failing(bench);
    database.attend();
    bench.executor = makeExecutor({ ...bench, clock: bench.clock, dialect: database.dialect }, {});
    await bench.executor.start();
    await bench.untilDone('r1');
    expect(database.hasFailed()).toBe(true);
    expect(await bench.action('r1')).toMatchObject({ phase: 'SUCCEEDED', attempts: 1 });
  });
});
