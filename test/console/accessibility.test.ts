import type { Page } from 'playwright-core';
import { beforeAll, it } from 'vitest';
import { expectAccessible, expectReadable } from './accessible.ts';
import { base, consoleSuite } from './harness.ts';
import { findActions, type SampleActions } from './sample-actions.ts';

const suite = consoleSuite(16);
let sample: SampleActions;

beforeAll(async () => {
  sample = await findActions(suite);
});

/** Pages with data on them: what they are, where, and what is there once all of it is. */
const pages: [string, () => string, (page: Page) => Promise<unknown>][] = [
  ['projects', () => '/?choose=1', (page) => page.getByRole('link', { name: 'development' }).waitFor()],
  ['runs', () => `${base}/runs`, (page) => page.getByText('These are all 16 runs').waitFor()],
  ['runs by task', () => `${base}/runs?group=task`, (page) => page.getByRole('cell').nth(5).waitFor()],
  ['tracked runs', () => `${base}/tracked-runs`, (page) => page.locator('tr[data-run]').first().waitFor()],
  ['run as a tree', () => run(''), (page) => page.getByTestId('actions').getByRole('row').nth(2).waitFor()],
  ['run in time', () => run('?view=timeline'), (page) => page.locator('canvas[data-drawn]').waitFor()],
  [
    'run as a picture',
    () => run('?view=graph'),
    (page) => page.getByTestId('graph').getByTitle(/: /).first().waitFor(),
  ],
  ['action', () => action('failed'), (page) => page.getByRole('region', { name: 'Attempts' }).waitFor()],
  [
    'values',
    () => action('succeeded', 'values'),
    (page) => page.getByRole('region', { name: 'Outputs' }).waitFor(),
  ],
  ['log', () => action('failed', 'logs'), (page) => page.getByRole('heading', { name: 'The log' }).waitFor()],
  ['events', () => action('failed', 'events'), (page) => page.getByRole('listitem').first().waitFor()],
  ['spec', () => action('failed', 'spec'), (page) => page.getByRole('region', { name: 'As JSON' }).waitFor()],
  ['condition', () => action('paused'), (page) => page.getByRole('region', { name: 'Answer' }).waitFor()],
  [
    'comparison',
    () => `${base}/compare?a=${sample.succeeded.run}&b=${sample.failed.run}`,
    (page) => page.getByRole('region', { name: 'Spec' }).waitFor(),
  ],
  ['tasks', () => `${base}/tasks`, (page) => page.getByRole('cell').nth(5).waitFor()],
  ['task', () => `${base}/tasks/etl.nightly_orders`, (page) => page.getByRole('cell').nth(3).waitFor()],
  ['triggers', () => `${base}/triggers`, (page) => page.getByRole('cell').first().waitFor()],
];

/** What opens over a page: where, and how. */
const dialogs: [string, () => string, (page: Page) => Promise<unknown>][] = [
  ['palette', () => `${base}/runs`, (page) => open(page, 'Control+k')],
  [
    'palette with a run chosen',
    () => `${base}/runs`,
    async (page) => {
      await open(page, 'Control+k');
      await page.getByLabel('Search pages and runs').fill('monitoring');
      await page.locator('[data-selected]', { hasText: 'monitoring' }).waitFor();
    },
  ],
  ['keys', () => `${base}/runs`, (page) => open(page, '?')],
  [
    'filter',
    () => `${base}/runs`,
    async (page) => {
      await page.getByRole('button', { name: 'Task', exact: true }).click();
      await page.getByRole('option').first().waitFor();
    },
  ],
  [
    'other inputs',
    () => run(''),
    async (page) => {
      await page.getByRole('button', { name: 'More ways to run it again' }).click();
      await page.getByRole('menuitem', { name: 'Re-run with other inputs' }).click();
      await page.getByRole('button', { name: 'Start the run' }).waitFor();
    },
  ],
];

async function open(page: Page, key: string): Promise<void> {
  await page.locator('tr[data-run]').first().waitFor();
  await page.keyboard.press(key);
  await page.getByRole('dialog').waitFor();
}

const run = (query: string) => `${base}/runs/${sample.failed.run}${query}`;
const action = (which: keyof SampleActions, tab = '') =>
  `${base}/runs/${sample[which].run}/actions/${sample[which].action}${tab && `?tab=${tab}`}`;

it.each([...pages, ...dialogs])('%s', async (_, path, shown) => {
  const page = await suite.open(path());
  await shown(page);
  await expectAccessible(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.locator('html[data-mantine-color-scheme="dark"]').waitFor();
  await expectReadable(page);
});
