import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { base, consoleSuite, eventually, runId } from './harness.ts';
import { shownRuns } from './runs-page.ts';
import { becomes, createRun, LIFE, Phase, phaseOf, specOf } from './stories.ts';

const suite = consoleSuite(0);

/** The line of a run. */
const lineOf = (page: Page, name: string) => page.locator(`tr[data-run="${name}"]`);

const stopped = ['stop-1', 'stop-2', 'stop-3'];

beforeAll(async () => {
  const { api } = suite;
  await createRun(api, 'first');
  for (const name of [...stopped, 'goes-on']) {
    await createRun(api, name);
    await becomes(api, name, Phase.RUNNING);
  }
});

it('says what to do next while there is no run, then shows the first one as it comes', async () => {
  const page = await suite.open('/v2/domain/development/project/new-one/runs');
  await page.getByRole('heading', { name: 'No run yet' }).waitFor();
  await page.getByText('project="new-one", domain="development"').waitFor();
  await suite.api.runs.createRun({
    id: { case: 'runId', value: { ...runId('the-first'), project: 'new-one' } },
    task: { case: 'taskSpec', value: specOf('demo.main') },
  });
  await lineOf(page, 'the-first').getByText('Queued').waitFor();
});

it('shows every phase of a run that begins while the page is open', async () => {
  const { api } = suite;
  const page = await suite.open(`${base}/runs`);
  await page.getByRole('status').getByText('Live').waitFor();
  await page.evaluate('globalThis.samePage = true');
  await createRun(api, 'live');
  for (const [phase, label] of LIFE) {
    if (phase !== Phase.QUEUED) await becomes(api, 'live', phase);
    await lineOf(page, 'live').getByText(label, { exact: true }).waitFor();
  }
  const counts = page.getByRole('group', { name: 'Phases' });
  await counts.getByRole('button', { name: 'Succeeded 1' }).waitFor();
  expect(await page.evaluate('globalThis.samePage')).toBe(true);
});

it('keeps new runs back from somebody who points at the list', async () => {
  const page = await suite.open(`${base}/runs`);
  await lineOf(page, 'first').hover();
  await createRun(suite.api, 'later');
  await page.getByRole('button', { name: '1 new run' }).waitFor();
  expect(await shownRuns(page)).not.toContain('later');
  // Who has selected something keeps the list as it is, wherever the mouse goes.
  await page.getByLabel('Select first').check();
  await page.getByRole('button', { name: '1 new run' }).click();
  await lineOf(page, 'later').waitFor();
});

it('aborts the runs that were selected, with the reason', async () => {
  const { api } = suite;
  const page = await suite.open(`${base}/runs`);
  await page.getByLabel('Select stop-1').check();
  await page.getByLabel('Select stop-3').click({ modifiers: ['Shift'] });
  const selected = page.getByRole('region', { name: 'Selected runs' });
  await selected.getByText('3 selected').waitFor();
  await selected.getByRole('button', { name: 'Abort 3' }).click();
  const dialog = page.getByRole('dialog', { name: 'Abort these 3 runs?' });
  await dialog.getByLabel('Reason').fill('wrong data');
  await dialog.getByRole('button', { name: 'Abort' }).click();
  await page.getByText('3 runs aborted').waitFor();
  for (const name of stopped) await lineOf(page, name).getByText('Aborted').waitFor();
  await selected.waitFor({ state: 'hidden' });
  for (const name of stopped) {
    const { details } = await api.runs.getRunDetails({ runId: runId(name) });
    expect(details?.action?.result).toMatchObject({ case: 'abortInfo', value: { reason: 'wrong data' } });
  }
  expect(await phaseOf(api, 'goes-on')).toBe('RUNNING');
});

it('works by keys alone', async () => {
  const page = await suite.open(`${base}/runs?name=stop`);
  await eventually(() => shownRuns(page)).toEqual(stopped);
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await eventually(() => page.locator('tr[data-current]').getAttribute('data-run')).toBe('stop-2');
  await page.keyboard.press('k');
  await page.keyboard.press('x');
  await page.getByRole('region', { name: 'Selected runs' }).getByText('1 selected').waitFor();
  expect(await page.getByLabel('Select stop-3').isChecked()).toBe(true);
  await page.keyboard.press('Escape');
  await page.getByRole('region', { name: 'Selected runs' }).waitFor({ state: 'hidden' });
  await page.keyboard.press('/');
  await page.keyboard.type('stop-1');
  await eventually(() => shownRuns(page)).toEqual(['stop-1']);
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).getByText('Open the run').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'hidden' });
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForURL(`**${base}/runs/stop-1`);
  await page.keyboard.press('g');
  await page.keyboard.press('t');
  await page.waitForURL(`**${base}/tasks`);
  await page.keyboard.press('Control+k');
  await page.getByLabel('Search pages and runs').fill('goes-');
  await page.locator('[data-selected]', { hasText: 'goes-on' }).waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL(`**${base}/runs/goes-on`);
});

it('writes times as a person wants them, and remembers it', async () => {
  const page = await suite.open(`${base}/runs`, { timezoneId: 'Asia/Kolkata' });
  const time = lineOf(page, 'first').locator('time');
  const at = new Date((await time.getAttribute('datetime')) ?? '');
  expect(await time.textContent()).toMatch(/ago|now/);
  const clock = (zone: string) =>
    at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: zone });
  await page.getByRole('button', { name: /^How times are written/ }).click();
  await page.getByRole('menuitemradio', { name: 'Local time' }).click();
  await eventually(() => time.textContent()).toContain(clock('Asia/Kolkata'));
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^How times are written/ }).click();
  await page.getByRole('menuitemradio', { name: 'UTC' }).click();
  await eventually(() => time.textContent()).toContain(clock('UTC'));
  await page.reload();
  await eventually(() => time.textContent()).toContain(clock('UTC'));
});

it('has a tab for tracked runs, with a stream of its own', async () => {
  const { api } = suite;
  const page = await suite.open(`${base}/runs`);
  await page.getByRole('link', { name: 'Tracked runs' }).click();
  await page.getByRole('heading', { name: 'No tracked run yet' }).waitFor();
  const run = runId('elsewhere');
  await api.tracked.createRun({
    id: { case: 'runId', value: run },
    task: { case: 'taskSpec', value: specOf('local.main') },
    labels: { machine: 'laptop' },
  });
  await lineOf(page, 'elsewhere').getByText('machine=laptop').waitFor();
  await api.tracked.reportActions({
    runId: run,
    updates: [{ event: { id: { run, name: 'a0' }, attempt: 1, phase: Phase.RUNNING } }],
  });
  await lineOf(page, 'elsewhere').getByText('Running').waitFor();
  expect(await shownRuns(page)).toEqual(['elsewhere']);
  await lineOf(page, 'elsewhere').getByRole('link').click();
  await page.waitForURL(`**${base}/tracked-runs/elsewhere`);
  await page.getByRole('heading', { name: 'elsewhere' }).waitFor();
});

it('reads older runs as one scrolls, further than the stream tells', async () => {
  const { api } = suite;
  // The stream begins with the newest 1000.
  const names = Array.from({ length: 1030 }, (_, index) => `many-${index + 1}`);
  for (let at = 0; at < names.length; at += 103)
    await Promise.all(names.slice(at, at + 103).map((name) => createRun(api, name)));
  const page = await suite.open(`${base}/runs?name=many`);
  await page.locator('tr[data-run]').first().waitFor();
  const inPage = await page.locator('tr[data-run]').count();
  expect(inPage).toBeLessThan(100);
  await eventually(async () => {
    await page.keyboard.press('End');
    return page.getByText('These are all 1030 runs').isVisible();
  }).toBe(true);
  const shown = await shownRuns(page);
  expect(names.slice(0, 103)).toContain(shown[0]);
  expect(await page.locator('tr[data-run]').count()).toBeLessThan(100);
});
