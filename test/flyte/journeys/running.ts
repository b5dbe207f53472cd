import { deepEqual, doesNotMatch, equal, match } from 'node:assert/strict';
import { ErrorInfo_Kind } from '../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import type { Journey } from '../journey.ts';
import { failure, phaseOf } from '../place.ts';

/** Running code that lies here, and what the SDK and its command line say of it. */
export const hello: Journey = {
  name: 'hello',
  async go(place, check) {
    await check('flyte run --follow hello.py main shows the log and ends with the run', async () => {
      const shown = await place.start('hello', 'hello.py:main', ['--names', '["Ada", "Bob"]'], ['-f']);
      match(shown, /Flyte runtime completed for action a0/);
      doesNotMatch(shown, /has no output URI/);
      deepEqual(await place.output('hello'), ['Hello, Ada!', 'Hello, Bob!']);
    });
    await check('what a task prints is in its log', async () => {
      await place.flyte.ok(['get', 'logs', ...place.where, 'hello'], /Hello, Ada!\s+Hello, Bob!/);
    });
    await check(
      'flyte get run, get action and get io show the run, its actions, inputs and outputs',
      async () => {
        const { flyte, where } = place;
        await flyte.ok(['get', 'run', ...where], /\bhello\b.*hello\.main/);
        await flyte.ok(['get', 'run', ...where, 'hello'], /ACTION_PHASE_SUCCEEDED/);
        const listed = await flyte.ok(['get', 'action', ...where, 'hello'], /greet/);
        equal(listed.match(/greet/g)?.length, 2, listed);
        const [child] = await place.named('hello', 'greet');
        await flyte.ok(['get', 'action', ...where, 'hello', child?.id?.name ?? ''], /hello\.greet/);
        await flyte.ok(['get', 'io', ...where, 'hello'], /Ada[\s\S]*Hello, Bob!/);
      },
    );
    await check('flyte get code shows the code that ran', async () => {
      await place.flyte.ok(['get', 'code', ...place.where, 'hello'], /hello\.py/);
    });
    await check('flyte rerun runs it again, from the SDK with another input', async () => {
      const command = ['rerun', ...place.where, '--name', 'hello-again', 'hello'];
      await place.flyte.ok(command, /Created Run: hello-again\b/);
      await place.ended('hello-again');
      deepEqual(await place.output('hello-again'), ['Hello, Ada!', 'Hello, Bob!']);
      await place.sdk(/answer \['Hello, Grace!'\]/, 'rerun', 'hello-grace', 'hello');
    });
  },
};

export const nested: Journey = {
  name: 'nested',
  async go(place, check) {
    await check('nested.py: tasks call tasks, one needs two attempts, one fails and is caught', async () => {
      const details = await place.finish('nested', 'nested.py:main');
      equal(phaseOf(details), 'SUCCEEDED', failure(details));
      equal(await place.output('nested'), '60, although 60 is too much');
      const fetches = await place.named('nested', 'fetch');
      deepEqual(fetches.map(({ status }) => status?.attempts).toSorted(), [1, 1, 2]);
      deepEqual((await place.named('nested', 'check')).map(phaseOf), ['FAILED']);
    });
  },
};

export const tree: Journey = {
  name: 'tree',
  async go(place, check) {
    await check('three levels of tasks, from the SDK: run, wait, outputs', async () => {
      await place.sdk(/answer 2 (ActionPhase\.)?succeeded/i, 'run', 'sdk-run');
      const details = await place.finish('tree', 'tree', ['--depth', '2', '--width', '2']);
      equal(phaseOf(details), 'SUCCEEDED', failure(details));
      equal(await place.output('tree'), 4);
      equal((await place.actions('tree')).length, 7);
    });
  },
};

export const failing: Journey = {
  name: 'failing',
  async go(place, check) {
    await check("a task that fails ends the run with its own words, as the user's error", async () => {
      const details = await place.finish('fails', 'fails', ['--text', 'no such luck']);
      equal(phaseOf(details), 'FAILED');
      match(failure(details), /no such luck/);
      equal(details.result.case === 'errorInfo' && details.result.value.kind, ErrorInfo_Kind.USER);
      await place.sdk(/raised .*no such luck/, 'error', 'fails');
    });
    await check('an error that says so is not retried', async () => {
      const details = await place.finish('hopeless', 'hopeless');
      deepEqual([phaseOf(details), details.attempts.length], ['FAILED', 1]);
    });
    await check('an attempt that takes longer than its time ends as TIMED_OUT', async () => {
      equal(phaseOf(await place.finish('too-slow', 'too_slow')), 'TIMED_OUT');
    });
  },
};

export const retried: Journey = {
  name: 'retried',
  async go(place, check) {
    await check('a task is retried, and finds what its earlier attempts left behind', async () => {
      const details = await place.finish('flaky', 'flaky', ['--good_attempt', '3']);
      deepEqual(
        details.attempts.map((attempt) => [attempt.attempt, attempt.errorInfo?.message.split('\n')[0]]),
        [
          [1, 'attempt 1 is not good'],
          [2, 'attempt 2 is not good'],
          [3, undefined],
        ],
      );
      equal(await place.output('flaky'), 3);
    });
    await check('flyte get logs --attempt shows the log of an earlier attempt', async () => {
      const command = ['get', 'logs', ...place.where, 'flaky', '--attempt', '2'];
      await place.flyte.ok(command, /attempt 2 after '1;'/);
    });
  },
};

export const caught: Journey = {
  name: 'caught',
  async go(place, check) {
    await check("a child's error is caught by its parent", async () => {
      const details = await place.finish('catches', 'catches');
      equal(phaseOf(details), 'SUCCEEDED', failure(details));
      equal(await place.output('catches'), "caught ValueError: the child's own words");
    });
  },
};

export const traced: Journey = {
  name: 'traced',
  async go(place, check) {
    await check('traces are recorded below their task', async () => {
      const details = await place.finish('traces', 'traces', ['--text', 'abc']);
      equal(phaseOf(details), 'SUCCEEDED', failure(details));
      equal(await place.output('traces'), 9);
      deepEqual((await place.named('traces', 'measure')).map(phaseOf), ['SUCCEEDED', 'SUCCEEDED']);
    });
  },
};

export const filed: Journey = {
  name: 'filed',
  async go(place, check) {
    await check('files and folders go from task to task', async () => {
      const details = await place.finish('files', 'files', ['--text', 'hi']);
      equal(phaseOf(details), 'SUCCEEDED', failure(details));
      equal(await place.output('files'), 'hihi');
    });
  },
};

export const reported: Journey = {
  name: 'reported',
  async go(place, check) {
    await check('the report of a task is downloaded', async () => {
      const details = await place.finish('reports', 'reports');
      equal(phaseOf(details), 'SUCCEEDED', failure(details));
      await place.sdk(/Seventeen/, 'report', 'reports');
    });
  },
};
