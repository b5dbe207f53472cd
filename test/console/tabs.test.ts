import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { expectAccessible, expectReadable } from './accessible.ts';
import { base, consoleSuite, eventually } from './harness.ts';
import { shownRuns } from './runs-page.ts';
import { becomes, createRun, Phase, phaseOf } from './stories.ts';

const suite = consoleSuite(0);
/** More than a browser has connections for. */
const TABS = 8;
/** What the tabs leave for other requests is the rest of six. */
const STREAMS = 4;

beforeAll(async () => {
  for (let n = 0; n < TABS; n++) {
    await createRun(suite.api, `run-${n}`);
    await becomes(suite.api, `run-${n}`, Phase.RUNNING);
  }
});

const state = (page: Page) => page.getByRole('banner').getByRole('status');
const names = Array.from({ length: TABS }, (_, n) => `run-${n}`);

async function statesOf(pages: readonly Page[]): Promise<string[]> {
  const texts = await Promise.all(pages.map((page) => state(page).textContent()));
  return texts.map((text) => text ?? '');
}

/** Every second one is the list, the others are runs. */
function openAll(): Promise<Page[]> {
  return Promise.all(
    names.map((name, n) => suite.open(n % 2 === 0 ? `${base}/runs` : `${base}/runs/${name}`)),
  );
}

async function showTheirData(pages: readonly Page[]): Promise<void> {
  for (const [n, page] of pages.entries()) {
    if (n % 2 === 0) await eventually(() => shownRuns(page)).toEqual(names);
    else await page.getByTestId('actions').getByRole('row').nth(1).waitFor();
  }
}

const counted = (states: readonly string[]) => [
  states.filter((text) => text === 'Live').length,
  states.filter((text) => text === 'Paused').length,
];

it('shows data in more tabs than the browser has connections, and keeps those live that were used last', async () => {
  const pages = await openAll();
  await showTheirData(pages);
  await eventually(async () => counted(await statesOf(pages))).toEqual([STREAMS, TABS - STREAMS]);
  const [live, paused] = [pages.slice(0, STREAMS), pages.slice(STREAMS)];
  // In this order; a click is what a person does who wants to go on.
  for (const page of [...paused, ...live]) {
    await page.getByRole('banner').click({ position: { x: 700, y: 5 } });
    await eventually(() => state(page).textContent()).toBe('Live');
  }
  await eventually(() => statesOf(live)).toEqual(live.map(() => 'Live'));
  await eventually(() => statesOf(paused)).toEqual(paused.map(() => 'Paused'));
  await becomes(suite.api, 'run-0', Phase.SUCCEEDED);
  await live[0]?.locator('tr[data-run="run-0"]').getByText('Succeeded').waitFor();
  // What is paused shows what was, and can be asked and told things.
  const [list, run] = paused as [Page, Page];
  await list.locator('tr[data-run="run-0"]').getByText('Running').waitFor();
  await run.getByRole('button', { name: 'Abort', exact: true }).click();
  const dialog = run.getByRole('dialog', { name: 'Abort run-5?' });
  await dialog.getByRole('button', { name: 'Abort the run' }).click();
  await eventually(() => phaseOf(suite.api, 'run-5')).toBe('ABORTED');
  await eventually(() => state(run).textContent()).toMatch(/Live|Complete/);
  await list.getByRole('banner').click({ position: { x: 700, y: 5 } });
  await list.locator('tr[data-run="run-5"]').getByText('Aborted').waitFor();
});

it('says that it is paused, in both colours, and goes on when another tab is closed', async () => {
  const pages = await openAll();
  await eventually(async () => counted(await statesOf(pages))[1]).toBeGreaterThan(0);
  const states = await statesOf(pages);
  const paused = pages[states.indexOf('Paused')] as Page;
  await state(paused).hover();
  await paused.getByRole('tooltip').getByText('Other tabs hold the connections').waitFor();
  // Out of the way of what is below it.
  await paused.mouse.move(0, 0);
  await paused.getByRole('tooltip').waitFor({ state: 'hidden' });
  await expectAccessible(paused);
  await paused.emulateMedia({ colorScheme: 'dark' });
  await paused.locator('html[data-mantine-color-scheme="dark"]').waitFor();
  await expectReadable(paused);
  for (const page of pages) if (page !== paused) await page.goto(`${suite.url}/icon.svg`);
  await eventually(() => state(paused).textContent()).toBe('Live');
});

it('reads what there is in a tab that was opened in the background', async () => {
  const pages = await openAll();
  await eventually(async () => counted(await statesOf(pages))).toEqual([STREAMS, TABS - STREAMS]);
  const held = await statesOf(pages);
  const context = pages[0]?.context();
  const page = await context?.newPage();
  if (page === undefined) throw new Error('The browser opens no page.');
  try {
    await page.addInitScript(
      "Object.defineProperty(document, 'visibilityState', { get: () => 'hidden', configurable: true })",
    );
    await page.goto(`${suite.url}${base}/runs`);
    await eventually(() => shownRuns(page)).toEqual(names);
    await eventually(() => state(page).textContent()).toBe('Paused');
    expect(await statesOf(pages)).toEqual(held);
  } finally {
    await page.close();
  }
});
