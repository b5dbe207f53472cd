import type { KyselyPlugin } from 'kysely';
import { describe, expect, test } from 'vitest';
import { RunLimits } from '../../src/executor/run-limits.ts';
import { startNext } from '../../src/executor/start-next.ts';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import { claimExecutions } from '../../src/repository/executions.ts';
import { dialects } from '../support/databases.ts';
import { type Bench, useBench } from './harness.ts';

/** The database with something that happens once, after its reader has answered `reads` times. */
function happening(dialect: Dialect, reads: number, act: () => Promise<void>) {
  let seen = 0;
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      if (++seen === reads) await act();
      return result;
    },
  };
  return {
    dialect: { ...dialect, reader: dialect.reader.withPlugin(plugin) },
    happened: () => seen >= reads,
  };
}

describe.each(dialects)('choosing what starts next on $name', ({ create }) => {
  const open = useBench(create);

  const claim = async (bench: Bench, run: string, action: string, node: string) => {
    const { action_id: actionId } = await bench.execution(run, action);
    const [row] = await claimExecutions(
      bench.dialect,
      [{ actionId, token: run + action }],
      node,
      bench.clock(),
    );
    if (row === undefined) throw new Error(`${action} was not claimed`);
    return { actionId, runId: row.run_id, depth: row.depth };
  };

  test.each(['one', 'two'])(
    'a child that is enqueued during the look is not overtaken by its uncle; its parent is in the hands of %s',
    async (holder) => {
      const bench = await open();
      const namesOf = async (rows: readonly { action_id: number }[]) => {
        const ids = rows.map((row) => row.action_id);
        const actions = bench.dialect.reader.selectFrom('actions').select(['id', 'name']).execute();
        return (await actions).filter(({ id }) => ids.includes(id)).map(({ name }) => name);
      };
      let reads = 0;
      for (let happened = true; happened; reads++) {
        const run = `r${reads}`;
        await bench.run(run, { runSpec: { maxActionConcurrency: 1 } });
        const parents = [await claim(bench, run, 'a0', holder)];
        await bench.child(run, 'c1', {});
        parents.push(await claim(bench, run, 'c1', holder));
        await bench.child(run, 'c2', {});
        const look = happening(bench.dialect, reads, () => bench.child(run, 'd1', {}, 'c1'));
        const next = (dialect: Dialect) =>
          startNext(
            { dialect, clock: bench.clock, node: 'one', maxProcesses: 8, limits: new RunLimits(dialect) },
            holder === 'one' ? parents : [],
          );
        if (reads === 0) await bench.child(run, 'd1', {}, 'c1');
        const started = await namesOf(await next(look.dialect));
        happened = look.happened();
        // What was enqueued too late for this look starts with the next one.
        if (!happened) expect(started).toEqual([]);
        else expect(started.length > 0 ? started : await namesOf(await next(bench.dialect))).toEqual(['d1']);
        await bench.dialect.writer.deleteFrom('executions').execute();
      }
      expect(reads).toBeGreaterThan(2);
    },
  );
});
