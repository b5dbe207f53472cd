import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict';
import type { Journey } from '../journey.ts';
import { failure, phaseOf } from '../place.ts';

/** Runs in which somebody takes a hand while they run. */
export const signalled: Journey = {
  name: 'signalled',
  async go(place, check) {
    let condition = '';
    await check('flyte get condition shows what a run waits for', async () => {
      await place.start('asks', 'asks');
      condition = await place.conditionOf('asks', 'how_many');
      await place.flyte.ok(['get', 'condition', ...place.where, 'asks'], /how_many/);
    });
    await check('flyte signal condition lets it go on', async () => {
      await place.flyte.ok(['signal', 'condition', ...place.where, 'asks', condition, '41'], /ignal/);
      const details = await place.ended('asks');
      equal(phaseOf(details), 'SUCCEEDED', failure(details));
      equal(await place.output('asks'), 42);
    });
    await check('a condition that nobody signals in time says so', async () => {
      const details = await place.finish('asks-briefly', 'asks', ['--timeout_s', '1']);
      equal(phaseOf(details), 'SUCCEEDED', failure(details));
      equal(await place.output('asks-briefly'), -1);
    });
  },
};

export const aborted: Journey = {
  name: 'aborted',
  async go(place, check) {
    await check('flyte abort run ends a running tree, and all its processes', async () => {
      await place.start('sleepers', 'sleepers', ['--count', '2']);
      const pids = await place.pidsOf('sleepers', 'sleeps', 2);
      for (const pid of pids) ok(isAlive(pid), `there is no process ${pid}`);
      await place.flyte.ok(['abort', 'run', ...place.where, 'sleepers'], /has been aborted/);
      equal(phaseOf(await place.ended('sleepers')), 'ABORTED');
      deepEqual((await place.actions('sleepers')).map(phaseOf), ['ABORTED', 'ABORTED', 'ABORTED']);
      await untilGone(pids);
    });
    await check('flyte abort action ends one child, and its parent hears of it', async () => {
      await place.start('one-sleeper', 'sleepers', ['--count', '1']);
      const pids = await place.pidsOf('one-sleeper', 'sleeps', 1);
      const [child] = await place.named('one-sleeper', 'sleeps');
      await place.flyte.ok(
        ['abort', 'action', ...place.where, 'one-sleeper', child?.id?.name ?? ''],
        /abort/,
      );
      const details = await place.ended('one-sleeper');
      equal(phaseOf(details), 'FAILED');
      match(failure(details), /abort/i);
      await untilGone(pids);
    });
  },
};

export const followed: Journey = {
  name: 'followed',
  async go(place, check) {
    await check('flyte get logs follows a running task, and ends with it', async () => {
      await place.start('talks', 'talks');
      await place.until('talks', 'a0', ({ attempts }) => attempts[0]?.logsAvailable === true);
      const logs = place.flyte.start(['get', 'logs', ...place.where, 'talks']);
      await logs.until('before the signal');
      const condition = await place.conditionOf('talks', 'go_on');
      ok(!logs.output().includes('after the signal'));
      await place.flyte.ok(['signal', 'condition', ...place.where, 'talks', condition, 'true'], /ignal/);
      const { good, output } = await logs.ended;
      ok(good, output);
      match(output, /before the signal[\s\S]*on standard error[\s\S]*after the signal/);
      equal(phaseOf(await place.ended('talks')), 'SUCCEEDED');
    });
  },
};

export const throttled: Journey = {
  name: 'throttled',
  async go(place, check) {
    await check('--max-action-concurrency bounds what runs at once', async () => {
      const limit = ['--max-action-concurrency', '2'];
      const details = await place.finish('throttled', 'together', ['--count', '4'], limit);
      equal(phaseOf(details), 'SUCCEEDED', failure(details));
      const most = Number(await place.output('throttled'));
      ok(most <= 2, `${most} tasks ran at once`);
    });
  },
};

export const cached: Journey = {
  name: 'cached',
  async go(place, check) {
    await check('a cached task does not run again', async () => {
      await place.finish('first', 'remembers', ['--n', '7']);
      equal(await place.output('first'), '7 in first');
      const details = await place.finish('second', 'remembers', ['--n', '7']);
      equal(phaseOf(details), 'SUCCEEDED', failure(details));
      equal(await place.output('second'), '7 in first');
      await place.finish('root', 'remembered', ['--n', '8']);
      await place.finish('root-again', 'remembered', ['--n', '8']);
      equal(await place.output('root-again'), '8 in root');
    });
    await check('other inputs are another result', async () => {
      await place.finish('third', 'remembers', ['--n', '9']);
      equal(await place.output('third'), '9 in third');
    });
  },
};

export const recovered: Journey = {
  name: 'recovered',
  async go(place, check) {
    await check('flyte rerun --recover keeps what succeeded and runs the rest', async () => {
      equal(phaseOf(await place.finish('broken', 'steps')), 'FAILED');
      const options = ['--recover', '--name', 'healed', '--env', 'HEALED=1'];
      await place.flyte.ok(['rerun', ...place.where, ...options, 'broken'], /Created Run: healed\b/);
      const details = await place.ended('healed');
      equal(phaseOf(details), 'SUCCEEDED', failure(details));
      deepEqual(await place.output('healed'), ['sound in broken', 'broken in healed']);
      const phases = (await place.named('healed', 'step')).map(phaseOf);
      deepEqual(phases.toSorted(), ['RECOVERED', 'SUCCEEDED']);
    });
  },
};

async function untilGone(pids: readonly number[]): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (const pid of pids) {
    while (isAlive(pid)) {
      notEqual(Math.max(Date.now(), deadline), Date.now(), `process ${pid} still runs`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
