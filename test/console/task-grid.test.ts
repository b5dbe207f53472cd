import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { expectAccessible, expectReadable } from './accessible.ts';
import { actionId, base, consoleSuite, eventually } from './harness.ts';
import { addTask, becomes, createRun, Phase } from './stories.ts';

const suite = consoleSuite(0);
const address = `${base}/tasks/demo.main?tab=grid`;

/** A run whose task fetches twice and, below the second time, writes; what became of each. */
async function createTree(name: string, first: Phase, second: Phase, write?: Phase): Promise<void> {
  const { api } = suite;
  await createRun(api, name);
  await becomes(api, name, Phase.RUNNING);
  await addTask(api, name, 'n1', { task: 'demo.fetch' });
  await becomes(api, name, first, { action: 'n1' });
  await addTask(api, name, 'n2', { task: 'demo.fetch' });
  await becomes(api, name, second, { action: 'n2' });
  // An attempt that timed out could be followed by another one.
  await api.internal.updateActionStatus({
    actionId: actionId(name, 'n2'),
    status: { phase: second, attempts: 1 },
  });
  if (write === undefined) return;
  await addTask(api, name, 'n3', { task: 'demo.write', parent: 'n2' });
  await becomes(api, name, write, { action: 'n3' });
}

beforeAll(async () => {
  const { api } = suite;
  await createTree('oldest', Phase.SUCCEEDED, Phase.SUCCEEDED, Phase.SUCCEEDED);
  await becomes(api, 'oldest', Phase.SUCCEEDED);
  await createTree('middle', Phase.SUCCEEDED, Phase.TIMED_OUT);
  await becomes(api, 'middle', Phase.SUCCEEDED);
  await createTree('newest', Phase.SUCCEEDED, Phase.RUNNING, Phase.RUNNING);
});

const grid = (page: Page) => page.getByRole('table', { name: 'The newest runs of the task' });

/** The lines of the grid, as texts. */
async function linesOf(page: Page): Promise<string[][]> {
  const lines = await grid(page).locator('tbody').getByRole('row').all();
  return Promise.all(
    lines.map(async (line) => [
      (await line.getByRole('rowheader').textContent()) ?? '',
      ...(await Promise.all(
        (
          await line.getByRole('cell').all()
        ).map(async (cell) =>
          (await cell.getByRole('link').count()) === 0
            ? ''
            : ((await cell.getByRole('link').getAttribute('title')) ?? '').replace(/^.* in /, ''),
        ),
      )),
    ]),
  );
}

it('shows what became of each action in the newest runs, and leads to it', async () => {
  const { api } = suite;
  const page = await suite.open(address);
  await eventually(() => linesOf(page)).toEqual([
    ['main', 'oldest: succeeded', 'middle: succeeded', 'newest: running'],
    ['fetch', 'oldest: 2 succeeded', 'middle: 1 succeeded, 1 timed out', 'newest: 1 running, 1 succeeded'],
    ['write', 'oldest: succeeded', '', 'newest: running'],
  ]);
  await page.locator('[data-complete="true"]').waitFor();
  await expectAccessible(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.locator('html[data-mantine-color-scheme="dark"]').waitFor();
  await expectReadable(page);
  await page.getByRole('link', { name: 'fetch in middle: 1 succeeded, 1 timed out' }).click();
  await page.waitForURL(`**${base}/runs/middle/actions/n2`);
  const { details } = await api.runs.getActionDetails({ actionId: actionId('middle', 'n2') });
  expect(details?.status?.phase).toBe(Phase.TIMED_OUT);
  await page.goBack();
  await grid(page)
    .getByRole('link', { name: /^oldest: succeeded, / })
    .click();
  await page.waitForURL(`**${base}/runs/oldest`);
});

it('follows runs that go on, and runs that begin', async () => {
  const { api } = suite;
  const page = await suite.open(address);
  await page.getByRole('link', { name: 'write in newest: running' }).waitFor();
  await becomes(api, 'newest', Phase.SUCCEEDED, { action: 'n3' });
  await becomes(api, 'newest', Phase.SUCCEEDED, { action: 'n2' });
  await page.getByRole('link', { name: 'write in newest: succeeded' }).waitFor();
  await page.getByRole('link', { name: 'fetch in newest: 2 succeeded' }).waitFor();
  await createRun(api, 'begun');
  await becomes(api, 'begun', Phase.RUNNING);
  await page.getByRole('link', { name: 'main in begun: running' }).waitFor();
});

it('is reached from a run, for a task that nobody deployed, too', async () => {
  const page = await suite.open(`${base}/runs/oldest`);
  await page.getByRole('region', { name: 'The run' }).getByRole('link', { name: 'demo.main' }).click();
  await page.waitForURL(`**${base}/tasks/demo.main`);
  await page.getByText('No task demo.main is deployed here').waitFor();
  expect(await page.getByRole('button', { name: 'Run now' }).count()).toBe(0);
  await page.getByRole('tab', { name: 'Grid' }).click();
  await page.waitForURL(`**${address}`);
  await page.reload();
  await page.getByRole('link', { name: 'fetch in oldest: 2 succeeded' }).waitFor();
});
