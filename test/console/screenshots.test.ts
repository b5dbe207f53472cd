import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { base, consoleSuite, eventually } from './harness.ts';
import { smallPicture } from './small-picture.ts';
import { findActions, type SampleActions } from './sample-actions.ts';

const folder = join(import.meta.dirname, '../../docs/screenshots');
const LARGEST_BYTES = 150_000;

/** Pictures for docs/, made when somebody asks for them: `make screenshots`. */
describe.runIf(process.env.CONSOLE_SCREENSHOTS)('pictures of the console', () => {
  const suite = consoleSuite(120);
  let sample: SampleActions;

  beforeAll(async () => {
    sample = await findActions(suite);
    await mkdir(folder, { recursive: true });
  });

  const run = (query = '') => `${base}/runs/${sample.failed.run}${query}`;
  const action = (which: keyof SampleActions, query = '') =>
    `${base}/runs/${sample[which].run}/actions/${sample[which].action}${query}`;

  it.each<[string, () => string, (page: Page) => Promise<unknown>]>([
    ['runs', () => `${base}/runs`, (page) => page.locator('tr[data-run]').nth(20).waitFor()],
    ['tasks-grouped', () => `${base}/runs?group=task`, (page) => page.getByRole('cell').nth(20).waitFor()],
    ['run-tree', () => run(), (page) => page.getByTestId('actions').getByRole('row').nth(3).waitFor()],
    [
      'run-timeline',
      () => run('?view=timeline'),
      async (page) => {
        for (const group of ['transform', 'extract'])
          await page
            .getByRole('button', { name: `Unfold ${group}` })
            .first()
            .click();
        await page.locator('canvas[data-drawn]').waitFor();
      },
    ],
    [
      'run-graph',
      () => run('?view=graph'),
      (page) =>
        page
          .getByTestId('graph')
          .getByTitle(/^transform: /)
          .click(),
    ],
    ['action', () => action('failed'), (page) => page.getByRole('region', { name: 'Attempts' }).waitFor()],
    ['condition', () => action('paused'), (page) => page.getByRole('region', { name: 'Answer' }).waitFor()],
    [
      'compare',
      () => `${base}/compare?a=${sample.succeeded.run}&b=${sample.failed.run}`,
      (page) => page.getByRole('region', { name: 'Spec' }).waitFor(),
    ],
    ['tasks', () => `${base}/tasks`, (page) => page.getByRole('cell', { name: / %$/ }).nth(4).waitFor()],
    [
      'task-grid',
      () => `${base}/tasks/etl.nightly_orders?tab=grid`,
      (page) => page.locator('[data-complete="true"]').waitFor(),
    ],
    ['triggers', () => `${base}/triggers`, (page) => page.getByRole('cell').nth(10).waitFor()],
  ])('%s', async (name, path, shown) => {
    const page = await suite.open(path());
    await shown(page);
    await keep(page, name);
  });

  it('runs-dark', async () => {
    const page = await suite.open(`${base}/runs`);
    await page.locator('tr[data-run]').nth(20).waitFor();
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.locator('html[data-mantine-color-scheme="dark"]').waitFor();
    await keep(page, 'runs-dark');
  });
});

/** Writes the picture once two in a row are the same: then nothing is on its way any more. */
async function keep(page: Page, name: string): Promise<void> {
  let before: Buffer = Buffer.alloc(0);
  await eventually(async () => {
    const picture = await page.screenshot({ animations: 'disabled', caret: 'hide' });
    const same = picture.equals(before);
    before = picture;
    return same;
  }).toBe(true);
  const small = smallPicture(before);
  expect(small.length).toBeLessThan(LARGEST_BYTES);
  await writeFile(join(folder, `${name}.png`), small);
}
