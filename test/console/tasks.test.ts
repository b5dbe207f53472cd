import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { TriggerAutomationSpecType } from '../../src/gen/flyteidl2/task/common_pb.js';
import { TriggerRevisionAction } from '../../src/gen/flyteidl2/trigger/trigger_definition_pb.js';
import { base, consoleSuite, eventually, projectId, runId, scope } from './harness.ts';
import { becomes, createRun, inputsOf, integer, Phase, specOf } from './stories.ts';

const suite = consoleSuite(0);
const task = 'demo.nightly';
const taskId = (version: string) => ({ org: 'default', ...scope, name: task, version });
const triggerName = (name: string) => ({ org: 'default', ...scope, taskName: task, name });

beforeAll(async () => {
  const { api } = suite;
  for (const version of ['v1', 'v2']) {
    await api.tasks.deployTask({ taskId: taskId(version), spec: specOf(task) });
  }
  for (const name of ['monthly', 'yearly', 'doomed']) {
    await api.triggers.deployTrigger({
      name: triggerName(name),
      spec: {
        active: true,
        taskVersion: 'v2',
        inputWrapper: { case: 'inputs', value: { literals: [integer('x', 5n)] } },
      },
      automationSpec: {
        type: TriggerAutomationSpecType.TYPE_SCHEDULE,
        automation: {
          case: 'schedule',
          value: { expression: { case: 'cron', value: { expression: '0 4 1 1 *', timezone: 'UTC' } } },
        },
      },
    });
  }
  for (const [name, phase] of [
    ['went-well', Phase.SUCCEEDED],
    ['went-on', Phase.RUNNING],
  ] as const) {
    await createRun(api, name, { task: { case: 'taskId', value: taskId('v1') } });
    await becomes(api, name, phase);
  }
});

const line = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });

/** What the service says of a trigger. */
async function triggerOf(name: string) {
  const { trigger } = await suite.api.triggers.getTriggerDetails({ name: triggerName(name) });
  return trigger;
}

it('lists the tasks with what their runs came to', async () => {
  const page = await suite.open(`${base}/tasks`);
  const cells = line(page, task).getByRole('cell');
  await eventually(() => cells.nth(1).textContent()).toBe('v2');
  await eventually(() => cells.nth(3).textContent()).toBe('3 of 3 active');
  await eventually(() => cells.nth(5).textContent()).toBe('2');
  await eventually(() => cells.nth(6).textContent()).toBe('0 %');
  await cells.nth(4).getByRole('link', { name: 'went-on' }).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('nothing-like-it');
  await page.getByRole('heading', { name: 'No task matches' }).waitFor();
  await page.getByLabel('Part of a task’s name').fill('NIGHT');
  await line(page, task).getByRole('link', { name: task }).click();
  await page.waitForURL(`**${base}/tasks/${task}`);
});

it('shows a task with its runs, versions and inputs', async () => {
  const page = await suite.open(`${base}/tasks/${task}`);
  await line(page, 'went-well').getByText('Succeeded').waitFor();
  await becomes(suite.api, 'went-on', Phase.SUCCEEDED);
  await line(page, 'went-on').getByText('Succeeded').waitFor();
  await page.getByRole('tab', { name: 'Versions' }).click();
  await line(page, 'v1').getByRole('link', { name: 'v1' }).click();
  await page.waitForURL('**?version=v1&tab=versions');
  await line(page, 'v1').getByText('shown').waitFor();
  await page.getByRole('tab', { name: 'Inputs and outputs' }).click();
  await page.getByRole('cell', { name: 'int', exact: true }).first().waitFor();
});

it('starts a version of the task with inputs', async () => {
  const { api } = suite;
  const page = await suite.open(`${base}/tasks/${task}?version=v1`);
  await page.getByRole('button', { name: 'Run now' }).click();
  const dialog = page.getByRole('dialog', { name: `Run ${task}` });
  await dialog.getByRole('button', { name: 'Start the run' }).click();
  await dialog.locator('[aria-invalid="true"]').first().waitFor();
  await dialog.getByLabel('x int').fill('-3');
  await dialog.getByLabel('text str').fill('by hand');
  await dialog.locator('label').filter({ hasText: 'False' }).click();
  await dialog.getByLabel('Name of the run').fill('by-hand');
  await dialog.getByRole('button', { name: 'Start the run' }).click();
  await page.waitForURL(`**${base}/runs/by-hand`);
  expect(await inputsOf(api, 'by-hand')).toEqual({ x: -3n, text: 'by hand', sure: false });
  const { details } = await api.runs.getRunDetails({ runId: runId('by-hand') });
  const spec = details?.action?.metadata?.spec;
  expect(spec?.case === 'task' ? spec.value.id : undefined).toMatchObject({ name: task, version: 'v1' });
});

it('lists triggers, stops one and starts it again', async () => {
  const page = await suite.open(`${base}/triggers`);
  const active = page.getByRole('switch', { name: 'yearly is active' });
  await line(page, 'yearly').getByText('0 4 1 1 *').waitFor();
  expect(await active.isChecked()).toBe(true);
  await page.locator('label').filter({ has: active }).click();
  await line(page, 'yearly').getByText('paused').waitFor();
  await eventually(async () => (await triggerOf('yearly'))?.spec?.active).toBe(false);
  await page.locator('label').filter({ has: active }).click();
  await line(page, 'yearly').getByText('paused').waitFor({ state: 'hidden' });
  await eventually(async () => (await triggerOf('yearly'))?.spec?.active).toBe(true);
  await page.getByRole('button', { name: 'More for yearly' }).click();
  await page.getByRole('menuitem', { name: 'Revisions' }).click();
  const dialog = page.getByRole('dialog', { name: 'Revisions of yearly' });
  await dialog.getByText('deactivated').waitFor();
  const { triggers } = await suite.api.triggers.getTriggerRevisionHistory({
    name: triggerName('yearly'),
    request: { limit: 10 },
  });
  const { DEPLOY, DEACTIVATE, ACTIVATE } = TriggerRevisionAction;
  expect(triggers.map(({ action }) => action)).toEqual([ACTIVATE, DEACTIVATE, DEPLOY]);
});

it('starts a trigger’s task at once, with its inputs', async () => {
  const page = await suite.open(`${base}/triggers?q=monthly`);
  await line(page, 'monthly').getByRole('button', { name: 'Run now' }).click();
  await page.waitForURL(`**${base}/runs/*`);
  const name = decodeURIComponent(new URL(page.url()).pathname.split('/').at(-1) ?? '');
  await page.getByText('(trigger monthly)').waitFor();
  expect(await inputsOf(suite.api, name)).toMatchObject({ x: 5n });
});

it('deletes a trigger once it was asked', async () => {
  const page = await suite.open(`${base}/triggers`);
  await page.getByRole('button', { name: 'More for doomed' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete the trigger doomed?' });
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await line(page, 'doomed').waitFor({ state: 'hidden' });
  const { triggers } = await suite.api.triggers.listTriggers({
    scopeBy: { case: 'projectId', value: projectId },
    request: { limit: 10 },
  });
  expect(triggers.map(({ id }) => id?.name?.name).sort()).toEqual(['monthly', 'yearly']);
});
