import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import { openDatabase } from '../../src/repository/open.ts';
import type { GroupCommit } from '../../src/repository/write/group-commit.ts';
import { at } from '../repository/fixtures.ts';
import { expectKeptToBeTrue } from '../repository/kept.ts';
import { plain, useRepository } from '../repository/repository.ts';
import { dialects } from '../support/databases.ts';
import type { SeenAction } from './action.ts';
import { histories, type Round } from './histories.ts';
import { observe } from './observe.ts';
import { send } from './translate.ts';

const RUNS = ['r1', 'r2', 't1'];
const NO_CACHE = { maxActions: 0, maxBytes: 0 };
/** Holds a run or two, so that it forgets all the time. */
const SMALL_CACHE = { maxActions: 9, maxBytes: 2_000 };

let number = 0;

/** What of a run does not depend on when and in which transaction its rows got their ids and versions. */
const ownRow = (row: object): Record<string, unknown> => ({ ...plain(row), id: 0, version: 0, name: '' });

/** Actions, and cluster events of one time, stand in the order of their ids, of which each process has its own. */
const sorted = (actions: ReadonlyMap<string, SeenAction>) =>
  Object.fromEntries(
    [...actions].map(([name, action]) => [
      name,
      {
        ...action,
        seenAttempts: action.seenAttempts.map((one) => ({
          ...one,
          clusterEvents: [...one.clusterEvents].sort(),
        })),
      },
    ]),
  );

describe.each(dialects)('writers that remember, on $name', ({ name, create }) => {
  const first = useRepository(create);
  let second: Dialect;
  beforeAll(async () => {
    second = await openDatabase(first.database.config, 'shared');
  });
  afterAll(() => second?.close());

  it('in two processes leave what one leaves that remembers nothing', { timeout: 120_000 }, async () => {
    let used = 0;
    await fc.assert(
      fc.asyncProperty(
        histories,
        fc.array(fc.constantFrom(0, 0, 1, 2), { minLength: 10, maxLength: 10 }),
        async (rounds, turns) => {
          const prefix = `c${number++}`;
          const writers: [Dialect, GroupCommit][] = [
            [first.dialect, first.newWriter()],
            [second, first.newWriter({}, second)],
            [first.dialect, first.newWriter({ cache: SMALL_CACHE })],
          ];
          const plainWriter = first.newWriter({ cache: NO_CACHE });
          for (const [i, { now, commands }] of rounds.entries()) {
            first.now = at(now);
            const [dialect, writer] = writers[turns[i % turns.length] ?? 0] ?? [first.dialect, plainWriter];
            const play = ([on, by]: [Dialect, GroupCommit], which: string, round: Round['commands']) =>
              Promise.all(
                round.map((command) => send(on, by, command, (run) => `${prefix}-${which}-${run}`)),
              );
            const outcomes = await play([dialect, writer], 'a', commands);
            expect(outcomes).toEqual(await play([first.dialect, plainWriter], 'b', commands));
            used += await expectKeptToBeTrue(writer, dialect);
          }
          expect(plainWriter.cache.size.runs).toBe(0);
          for (const run of RUNS) {
            const [a, b] = [
              await observe(first.dialect, `${prefix}-a-${run}`),
              await observe(first.dialect, `${prefix}-b-${run}`),
            ];
            expect(a && sorted(a.actions)).toEqual(b && sorted(b.actions));
            expect(a && ownRow(a.row)).toEqual(b && ownRow(b.row));
          }
        },
      ),
      { numRuns: name === 'sqlite' ? 120 : 60, interruptAfterTimeLimit: 60_000 },
    );
    // It would prove nothing if nothing had been remembered.
    expect(used).toBeGreaterThan(50);
  });
});
