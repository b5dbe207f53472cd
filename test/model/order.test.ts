import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import { openDatabase } from '../../src/repository/open.ts';
import { createRun } from '../../src/repository/write/commands/create-run.ts';
import { dialects } from '../support/databases.ts';
import { at, newRun } from '../repository/fixtures.ts';
import { useRepository } from '../repository/repository.ts';
import { type Happening, ModelAttempt } from './attempt.ts';
import { consistentHappenings } from './histories.ts';
import { observe } from './observe.ts';
import { send } from './translate.ts';

let number = 0;

/** Any order of the same events, each as often as it likes to come. */
const deliveries = consistentHappenings.chain((happenings) =>
  fc.record({
    happenings: fc.constant(happenings),
    delivered: fc
      .subarray([...happenings])
      .chain((repeats) =>
        fc.shuffledSubarray([...happenings, ...repeats], { minLength: happenings.length + repeats.length }),
      ),
  }),
);

describe.each(dialects)('events that do not contradict each other, on $name', ({ create }) => {
  const repository = useRepository(create);
  let second: Dialect;
  beforeAll(async () => {
    second = await openDatabase(repository.database.config, 'shared');
  });
  afterAll(() => second?.close());

  it('make the same attempts in any order, from two writers in many small transactions', async () => {
    const writers = [
      { dialect: repository.dialect, writer: repository.newWriter({ maxBatch: 2 }) },
      { dialect: second, writer: repository.newWriter({ maxBatch: 3 }, second) },
    ];
    await fc.assert(
      fc.asyncProperty(deliveries, fc.boolean(), async ({ happenings, delivered }, first) => {
        const run = `o${number++}`;
        repository.now = at(0);
        await repository.writer.submit(createRun(newRun(run, { retries: 2 })));
        await Promise.all(
          delivered.map(async (of, i) => {
            const through = writers[(i + Number(first)) % 2];
            if (through === undefined) throw new Error('there are two writers');
            const { dialect, writer } = through;
            const command = { do: 'events' as const, events: [{ run, action: 'a0', of }] };
            expect(await send(dialect, writer, command, (same) => same)).toEqual(['ok']);
          }),
        );
        const seen = await observe(repository.dialect, run);
        expect(seen?.root.seenAttempts.map(withoutTies)).toEqual(
          expectedAttempts(happenings).map(withoutTies),
        );
      }),
      { numRuns: 60 },
    );
    for (const { writer } of writers) await writer.close();
  });
});

function expectedAttempts(happenings: readonly Happening[]) {
  const attempts = new Map([[1, new ModelAttempt(1)]]);
  attempts.get(1)?.add({ attempt: 1, phase: 'QUEUED', version: 0, time: 0, facts: {} });
  for (const of of happenings) {
    const attempt = attempts.get(of.attempt) ?? new ModelAttempt(of.attempt);
    attempts.set(of.attempt, attempt);
    attempt.add(of);
  }
  return [...attempts.entries()].sort(([a], [b]) => a - b).map(([, attempt]) => attempt.see());
}

/** Cluster events of the same moment stand in the order of their arrival. */
function withoutTies(attempt: ReturnType<ModelAttempt['see']>) {
  return { ...attempt, clusterEvents: attempt.clusterEvents.toSorted() };
}
