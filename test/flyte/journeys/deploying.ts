import { equal, match } from 'node:assert/strict';
import type { Journey } from '../journey.ts';
import { failure, phaseOf } from '../place.ts';

const TASK = 'e2e_triggers.triggered';

/** Deployed tasks, and what starts them. */
export const deployed: Journey = {
  name: 'deployed',
  async go(place, check) {
    await check('flyte deploy deploys an environment, flyte get task and get trigger list it', async () => {
      await place.flyte.ok(['deploy', ...place.where, 'tasks.py', 'trigger_env']);
      match(await place.flyte.ok(['get', 'task', ...place.where]), /e2e_triggers\.triggered/);
      match(await place.flyte.ok(['get', 'task', ...place.where, TASK]), /e2e_triggers\.triggered/);
      const triggers = await place.flyte.ok(['get', 'trigger', ...place.where]);
      match(triggers, /by_hand/);
      match(triggers, /each_minute/);
      match(await place.flyte.ok(['get', 'trigger', ...place.where, TASK, 'each_minute']), /\* \* \* \* \*/);
    });
    await check('deploying the same version again changes nothing', async () => {
      await place.flyte.ok(['deploy', ...place.where, 'tasks.py', 'trigger_env']);
    });
    await check('a deployed task runs by its name, from the command line and from the SDK', async () => {
      const { flyte, where, project, domain } = place;
      const options = ['--name', 'by-name', '--run-project', project, '--run-domain', domain];
      await flyte.ok(['run', ...where, ...options, 'deployed-task', TASK, '--text', 'typed']);
      const details = await place.ended('by-name');
      equal(phaseOf(details), 'SUCCEEDED', failure(details));
      equal(await place.output('by-name'), 'typed -');
      match(await place.sdk('by_name', 'by-name-sdk', TASK), /answer from the SDK -/);
    });
    await check('a trigger is fired by hand', async () => {
      match(await place.sdk('fire', 'fired', TASK, 'by_hand'), /answer by hand -/);
    });
  },
};

export const scheduled: Journey = {
  name: 'scheduled',
  async go(place, check) {
    await check('a trigger fires on schedule, and tells the task for which time', async () => {
      const name = await place.startedBy('each_minute');
      const details = await place.ended(name);
      equal(phaseOf(details), 'SUCCEEDED', failure(details));
      match(String(await place.output(name)), /^on time \d{4}-\d\d-\d\dT\d\d:\d\d:00\+00:00$/);
    });
    await check('flyte update trigger --deactivate takes it out of service', async () => {
      await place.flyte.ok(['update', 'trigger', ...place.where, 'each_minute', TASK, '--deactivate']);
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
      await flyte.ok(['create', 'secret', ...where, 'e2e_word', '--value', 'open sesame']);
      const shown = await flyte.ok(['get', 'secret', ...where]);
      match(shown, /e2e_word/);
      equal(shown.includes('sesame'), false);
      const details = await place.finish('secrets', 'knows_secrets');
      equal(phaseOf(details), 'SUCCEEDED', failure(details));
      equal(await place.output('secrets'), true);
    });
    await check('without it the task fails, and says what is missing', async () => {
      await flyte.ok(['delete', 'secret', ...where, 'e2e_word']);
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
      await place.flyte.ok(['get', 'settings', ...place.where]);
      match(await place.flyte.ok(['get', 'project', place.project]), /e2e/);
      match(await place.flyte.ok(['whoami']), /anonymous/);
    });
  },
};
