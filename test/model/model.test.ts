import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dialects } from '../support/databases.ts';
import { at } from '../repository/fixtures.ts';
import { type Repository, useRepository } from '../repository/repository.ts';
import { histories, type Round } from './histories.ts';
import { Model } from './model.ts';
import { changesSince, momentOf, observe } from './observe.ts';
import { send } from './translate.ts';

const RUNS = ['r1', 'r2', 't1'];

/** Every history has runs of its own, so that all of them can share a database. */
let number = 0;

describe.each(dialects)('histories on $name', ({ name, create }) => {
  const repository = useRepository(create);

  it('make of runs and actions what they make of the model', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (rounds) => {
        const model = new Model();
        const prefix = `h${number++}`;
        const real = (run: string) => `${prefix}-${run}`;
        let last = (await changesSince(repository.dialect, 0)).last;
        for (const round of rounds) last = await play(repository, model, round, real, last);
        await compare(repository, model, real);
      }),
      { numRuns: name === 'sqlite' ? 150 : 90, interruptAfterTimeLimit: 60_000 },
    );
  });
});

/** Sends the commands of a round at once, so that they share a transaction, and holds each answer against the model's. */
async function play(
  repository: Repository,
  model: Model,
  { now, commands }: Round,
  real: (run: string) => string,
  last: number,
): Promise<number> {
  repository.now = at(now);
  const before = model.see();
  const expected = commands.map((command) => model.apply(command, now));
  const outcomes = await Promise.all(
    commands.map((command) => send(repository.dialect, repository.writer, command, real)),
  );
  expect(outcomes).toEqual(expected);

  // Whatever looks different now, the change log names: watchers go by nothing else.
  const log = await changesSince(repository.dialect, last);
  for (const [key, action] of model.see()) {
    if (isDeepStrictEqual(action, before.get(key))) continue;
    expect([...log.changed]).toContain(real(key));
  }
  return log.last;
}

async function compare(repository: Repository, model: Model, real: (run: string) => string): Promise<void> {
  const expected = model.see();
  for (const run of RUNS) {
    const seen = await observe(repository.dialect, real(run));
    expect(seen !== undefined).toBe(model.runs.has(run));
    if (seen === undefined) continue;

    const actions = [...expected].flatMap(([key, action]) => {
      return key.startsWith(`${run}/`) ? [[key.slice(run.length + 1), action] as const] : [];
    });
    expect(Object.fromEntries(seen.actions)).toEqual(Object.fromEntries(actions));

    const { row, root } = seen;
    const { ranSince, paused } = model.counters(run);
    expect(root).toEqual(expected.get(`${run}/a0`));
    expect({
      phase: row.phase,
      attempts: row.attempts,
      start: momentOf(row.start_time),
      end: momentOf(row.end_time),
      durationMs: row.duration_ms,
      cacheStatus: row.cache_status,
      error: row.error_line,
      ranSince: momentOf(row.running_at),
      paused: row.paused_actions,
    }).toEqual({
      phase: root.phase,
      attempts: root.attempts,
      start: root.start,
      end: root.end,
      durationMs: root.durationMs,
      cacheStatus: root.cacheStatus,
      error: root.error,
      ranSince,
      paused,
    });
  }
}
