import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { suites } from '../rpc/harness.ts';
import { createRun, newName, taskRequest } from '../rpc/requests.ts';
import { findContradictions } from './invariants.ts';

suites('Contradictions', { over: ['gRPC over h2c'] }, (suite) => {
  test('are found when there are some', async () => {
    const { dialect } = suite.service;
    const run = await createRun(suite, {}, newName());
    await suite.internal.recordAction(taskRequest(run, 'a1'));
    expect(await findContradictions(dialect)).toEqual({});
    await sql`update actions set phase = 'FAILED' where run_name = ${run}`.execute(dialect.writer);
    await sql`update actions set attempts = 7 where run_name = ${run} and name = 'a1'`.execute(
      dialect.writer,
    );
    await sql`update runs set paused_actions = 1`.execute(dialect.writer);
    await sql`update phase_transitions set end_time = '0001-01-01T00:00:00.000000Z'`.execute(dialect.writer);
    await sql`update action_attempts set phase = 'ABORTED'`.execute(dialect.writer);
    expect(Object.keys(await findContradictions(dialect))).toEqual([
      'a run that differs from its root action',
      'a run that miscounts its paused actions',
      'an action that ended without an end, or has an end and goes on',
      'an action without the attempt that it counts up to',
      'an attempt that ended without an end, or the other way round',
      'an attempt whose phase is not in its history',
      'a transition that ends before it begins',
    ]);
  });
});
