import { beforeAll, expect, it } from 'vitest';
import { base, consoleSuite, eventually } from './harness.ts';
import { createRun } from './stories.ts';

const suite = consoleSuite(0);
/** Scripts of the list of runs, not compressed: what a browser has to read before it shows anything. */
const MOST_BYTES = 1_100_000;

beforeAll(() => createRun(suite.api, 'the-run'));

it('reads no more than the page needs, and the palette when it is asked for', async () => {
  const page = await suite.open(`${base}/tasks`);
  // Without idle time, in which more is read.
  await page.addInitScript('delete globalThis.requestIdleCallback');
  await page.goto(`${suite.url}${base}/runs`);
  await page.locator('tr[data-run="the-run"]').waitFor();
  const scripts = await page.evaluate<{ name: string; bytes: number }[]>(`
    performance.getEntriesByType('resource')
      .filter(({ name }) => name.endsWith('.js'))
      .map(({ name, decodedBodySize }) => ({ name, bytes: decodedBodySize }))`);
  const bytes = scripts.reduce((sum, script) => sum + script.bytes, 0);
  expect(bytes).toBeGreaterThan(100_000);
  expect(bytes).toBeLessThan(MOST_BYTES);
  const names = scripts.map(({ name }) => new URL(name).pathname);
  expect(names.filter((name) => /palette|help|graph|dialog/i.test(name))).toEqual([]);
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog', { name: 'Palette' }).waitFor();
  await page.keyboard.type('the-r');
  await page.getByRole('dialog').getByText('the-run').waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL(`**${base}/runs/the-run`);
  // From now on the palette knows its key itself: it opens once, and closes again.
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog', { name: 'Palette' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Palette' }).waitFor({ state: 'hidden' });
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
});

it('opens the palette by its button', async () => {
  const page = await suite.open(`${base}/runs`);
  await page.getByRole('button', { name: 'Palette: Go to…' }).click();
  await eventually(() => page.getByRole('dialog', { name: 'Palette' }).isVisible()).toBe(true);
});
