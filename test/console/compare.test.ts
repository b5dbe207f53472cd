import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { base, consoleSuite, eventually } from './harness.ts';
import { addTask, becomes, createRun, integer, Phase, text } from './stories.ts';

const suite = consoleSuite(0);

/** A run of one child, which ends in the phase. */
async function createSide(name: string, x: bigint, step: Phase): Promise<void> {
  const { api } = suite;
  await createRun(api, name, {
    inputWrapper: { case: 'inputs', value: { literals: [integer('x', x), text('text', 'as ever')] } },
    runSpec: { labels: { values: { team: 'data', attempt: name } } },
  });
  await addTask(api, name, 'n1', { task: 'demo.fetch' });
  await addTask(api, name, 'n2', { task: 'demo.write' });
  await becomes(api, name, Phase.SUCCEEDED, { action: 'n1' });
  await becomes(api, name, step, { action: 'n2' });
}

beforeAll(async () => {
  await createSide('good', 1n, Phase.SUCCEEDED);
  await createSide('bad', 2n, Phase.ABORTED);
  await createSide('other', 1n, Phase.SUCCEEDED);
});

const section = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
/** The rows of a section: what is compared, and both sides. */
const rows = (page: Page, name: string) =>
  section(page, name)
    .locator('dl > div')
    .evaluateAll((found) =>
      found.map((row) => [...row.children].map((cell): string => (cell.textContent ?? '').trim())),
    );

it('compares the two runs that were selected in the list, the earlier one first', async () => {
  const page = await suite.open(`${base}/runs`);
  await page.getByLabel('Select bad').check();
  await page.getByLabel('Select good').check();
  await page.getByRole('button', { name: 'Compare' }).click();
  await page.waitForURL(`**${base}/compare?a=good&b=bad`);
  await eventually(() => rows(page, 'Inputs')).toEqual([['x', '1', '2']]);
});

it('shows what differs, and what does not when it is asked for', async () => {
  const page = await suite.open(`${base}/compare?a=good&b=bad`);
  await section(page, 'Inputs').getByText('1 different').waitFor();
  await eventually(() => rows(page, 'Inputs')).toEqual([['x', '1', '2']]);
  expect(await rows(page, 'Labels')).toEqual([['attempt', 'good', 'bad']]);
  const actions = await rows(page, 'Actions');
  expect(actions.map(([name]) => name)).toEqual(['write']);
  expect(actions[0]?.[1]).toContain('Succeeded');
  expect(actions[0]?.[2]).toContain('Aborted');
  await section(page, 'Inputs').getByRole('button', { name: 'Show 1 that are the same' }).click();
  await eventually(() => rows(page, 'Inputs')).toEqual([
    ['x', '1', '2'],
    ['text', 'as ever', 'as ever'],
  ]);
  await section(page, 'Actions').getByRole('button', { name: 'Show all 3' }).click();
  await eventually(async () => (await rows(page, 'Actions')).map(([name]) => name)).toEqual([
    'main',
    'fetch',
    'write',
  ]);
});

it('finds runs by what is typed, and swaps them', async () => {
  const page = await suite.open(`${base}/compare`);
  await page.getByRole('heading', { name: 'Choose two runs' }).waitFor();
  await page.getByRole('combobox', { name: 'First run' }).fill('oth');
  await page.getByRole('option', { name: 'other' }).click();
  await page.waitForURL('**/compare?a=other');
  await page.getByRole('combobox', { name: 'Second run' }).fill('good');
  await page.getByRole('combobox', { name: 'Second run' }).press('Enter');
  await page.waitForURL('**/compare?a=other&b=good');
  await section(page, 'Inputs').getByText('the same', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Swap the runs' }).click();
  await page.waitForURL('**/compare?a=good&b=other');
  await page.getByRole('link', { name: 'other' }).click();
  await page.waitForURL(`**${base}/runs/other`);
});

it('says which run is not there', async () => {
  const page = await suite.open(`${base}/compare?a=good&b=never-made`);
  await page.getByRole('alert').getByText('never-made').waitFor();
});

it('leads from a run to its comparison with the last good one of its task', async () => {
  for (const [name, x] of [
    ['went-well', 1n],
    ['went-wrong', 2n],
  ] as const) {
    await createSide(name, x, Phase.SUCCEEDED);
    if (name === 'went-well') await becomes(suite.api, name, Phase.SUCCEEDED);
  }
  const page = await suite.open(`${base}/runs/went-well`);
  const compare = async () => {
    await page.getByRole('button', { name: 'More ways to run it again' }).click();
    await page.getByRole('menuitem', { name: 'Compare with the last good run' }).click();
  };
  await compare();
  await page.getByText('No run of this task succeeded before this one.').waitFor();
  await page.goto(`${suite.url}${base}/runs/went-wrong`);
  await compare();
  await page.waitForURL(`**${base}/compare?a=went-well&b=went-wrong`);
  await eventually(() => rows(page, 'Inputs')).toEqual([['x', '1', '2']]);
});
