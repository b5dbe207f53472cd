import { deepEqual, equal, match } from 'node:assert/strict';
import { SILENT } from '../flyte.ts';
import type { Journey } from '../journey.ts';
import { failure, phaseOf } from '../place.ts';

const TASK = 'e2e_triggers.triggered';

/** Deployed tasks, and what starts them. */
export const deployed: Journey = {
  name: 'deployed',
  async go(place, check) {
    const { flyte, where, project, domain, triggers, tasks } = place;
    const deploy = ['deploy', ...where, '--version', 'v1', 'tasks.py', 'trigger_env'];
    await check('flyte deploy deploys an environment, flyte get task and get trigger list it', async () => {
      await flyte.ok(deploy, /Deployed task e2e_triggers\.triggered \(version v1\)/);
      await flyte.ok(['get', 'task', ...where], /e2e_triggers\.triggered/);
      await flyte.ok(['get', 'task', ...where, TASK], /e2e_triggers\.triggered/);
      const listed = await flyte.ok(['get', 'trigger', ...where], /by_hand/);
      match(listed, /each_minute/);
      await flyte.ok(['get', 'trigger', ...where, TASK, 'each_minute'], /\* \* \* \* \*/);
    });
    await check('deploying the same version again changes nothing', async () => {
      const name = { org: 'e2e', project, domain, name: TASK };
      const state = async () => {
        const { versions } = await tasks.listVersions({ taskName: name });
        const listed = await triggers.listTriggers({ scopeBy: { case: 'taskName', value: name } });
        // The other one is taken out of service beside this.
        return { versions, byHand: listed.triggers.find(({ id }) => id?.name?.name === 'by_hand') };
      };
      const before = await state();
      equal(before.versions.length, 1);
      equal(before.byHand?.active, true);
      await flyte.ok(deploy, /e2e_triggers\.triggered/);
      deepEqual(await state(), before);
    });
    await check('a deployed task runs by its name, from the command line and from the SDK', async () => {
      const options = ['--name', 'by-name', '--run-project', project, '--run-domain', domain];
      const command = ['run', ...where, ...options, 'deployed-task', TASK, '--text', 'typed'];
      await flyte.ok(command, /Created Run: by-name\b/);
      const details = await place.ended('by-name');
      equal(phaseOf(details), 'SUCCEEDED', failure(details));
      equal(await place.output('by-name'), 'typed -');
      await place.sdk(/answer from the SDK -/, 'by_name', 'by-name-sdk', TASK);
    });
    await check('flyte create config makes a file that spares the options', async () => {
      const config = ['--project', project, '--domain', domain, '--output', 'made.yaml'];
      await flyte.ok(
        ['create', 'config', '--endpoint', place.endpoint, '--insecure', ...config],
        /made\.yaml/,
      );
      const command = ['run', '--name', 'by-config', 'deployed-task', TASK, '--text', 'configured'];
      await flyte.ok(['--config', 'made.yaml', ...command], /Created Run: by-config\b/);
      const details = await place.ended('by-config');
      equal(phaseOf(details), 'SUCCEEDED', failure(details));
      equal(await place.output('by-config'), 'configured -');
    });
    await check('a trigger is fired by hand', async () => {
      await place.sdk(/answer by hand -/, 'fire', 'fired', TASK, 'by_hand');
    });
  },
};

export const scheduled: Journey = {
  name: 'scheduled',
  patient: true,
  async go(place, check) {
    await check('a trigger fires on schedule, and tells the task for which time', async () => {
      const name = await place.startedBy('each_minute');
      const details = await place.ended(name);
      equal(phaseOf(details), 'SUCCEEDED', failure(details));
      match(String(await place.output(name)), /^on time \d{4}-\d\d-\d\dT\d\d:\d\d:00\+00:00$/);
    });
    await check('flyte update trigger --deactivate takes it out of service', async () => {
      const command = ['update', 'trigger', ...place.where, 'each_minute', TASK, '--deactivate'];
      await place.flyte.ok(command, /deactivate/);
      const scope = { organization: 'e2e', name: place.project, domain: place.domain };
      const scopeBy = { case: 'projectId', value: scope } as const;
      const { triggers } = await place.triggers.listTriggers({ scopeBy });
      equal(triggers.find(({ id }) => id?.name?.name === 'each_minute')?.active, false);
    });
  },
};

export const secret: Journey = {
  name: 'secret',
  async go(place, check) {
    const { flyte, where } = place;
    await check('flyte create secret keeps a word that only tasks read', async () => {
      await flyte.ok(['create', 'secret', ...where, 'e2e_word', '--value', 'open sesame'], SILENT);
      const shown = await flyte.ok(['get', 'secret', ...where], /e2e_word/);
      equal(shown.includes('sesame'), false);
      const details = await place.finish('secrets', 'knows_secrets');
      equal(phaseOf(details), 'SUCCEEDED', failure(details));
      equal(await place.output('secrets'), true);
    });
    await check('without it the task fails, and says what is missing', async () => {
      await flyte.ok(['delete', 'secret', ...where, 'e2e_word'], /deleted secret e2e_word/);
      const details = await place.finish('no-secret', 'knows_secrets');
      equal(phaseOf(details), 'FAILED');
      match(failure(details), /e2e_word/);
    });
  },
};

export const asked: Journey = {
  name: 'asked',
  async go(place, check) {
    await check('flyte get settings, get project and whoami answer', async () => {
      await place.flyte.ok(['get', 'settings', ...place.where], /PROJECT\(development\/e2e\)/);
      await place.flyte.ok(['get', 'project', place.project], /e2e/);
      await place.flyte.ok(['whoami'], /anonymous/);
    });
  },
};
