import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { RelationType } from '../../src/gen/flyteidl2/common/run_pb.js';
import { RunSource } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { base, consoleSuite, eventually, runId } from './harness.ts';
import {
  addTask,
  becomes,
  createRun,
  inputsOf,
  integer,
  LIFE,
  Phase,
  phaseOf,
  specOf,
  text,
} from './stories.ts';

const suite = consoleSuite(0);
const inputs = { literals: [integer('x', 7n), text('text', 'before')] };

/** A run that began two children in a group and one beside them, which failed. */
async function createTree(name: string): Promise<string> {
  const { api } = suite;
  await createRun(api, name, {
    inputWrapper: { case: 'inputs', value: inputs },
    runSpec: { labels: { values: { team: 'data' } } },
  });
  await becomes(api, name, Phase.RUNNING);
  await addTask(api, name, 'n1', { task: 'demo.fetch', group: 'fetching' });
  await addTask(api, name, 'n2', { task: 'demo.fetch', group: 'fetching' });
  await addTask(api, name, 'n3', { task: 'demo.load' });
  await addTask(api, name, 'n4', { task: 'demo.write', parent: 'n3' });
  await becomes(api, name, Phase.SUCCEEDED, { action: 'n1' });
  await becomes(api, name, Phase.SUCCEEDED, { action: 'n2' });
  await becomes(api, name, Phase.RUNNING, { action: 'n3' });
  return name;
}

/** Ends it with an error of the child. */
async function fail(name: string): Promise<void> {
  const { api } = suite;
  const errorInfo = {
    code: 'ValueError',
    message: 'Traceback\n  line 1\nValueError: no such table',
    kind: 1,
  };
  for (const action of ['n4', 'n3', 'a0']) {
    await becomes(api, name, Phase.FAILED, { action, errorInfo });
    await api.internal.updateActionStatus({
      actionId: { run: runId(name), name: action },
      status: { phase: Phase.FAILED, attempts: 1 },
    });
  }
}

beforeAll(async () => {
  await createTree('tree');
  await createTree('broken');
  await fail('broken');
});

/** Names of the lines of the tree or the timeline, from top to bottom. */
const lines = (page: Page) =>
  page
    .getByRole('treegrid', { name: 'Actions' })
    .locator('tbody tr')
    .evaluateAll((rows) =>
      rows
        .sort((a, b) => Number(a.getAttribute('aria-rowindex')) - Number(b.getAttribute('aria-rowindex')))
        .map((row): string => row.id.replace('line-', '')),
    );
const line = (page: Page, action: string) => page.locator(`#line-${action}`);
const header = (page: Page) => page.getByRole('region', { name: 'The run' });

it('is what the link of the SDK opens', async () => {
  const { api } = suite;
  const { run } = await api.runs.createRun({
    id: { case: 'projectId', value: { organization: 'default', name: 'other', domain: 'development' } },
    task: { case: 'taskSpec', value: specOf('demo.main') },
  });
  const name = run?.action?.id?.run?.name ?? '';
  const page = await suite.open(`/v2/domain/development/project/other/runs/${name}`);
  await page.getByRole('heading', { name }).waitFor();
  await header(page).getByText('demo.main').waitFor();
  await page.goto(`${suite.url}${base}/runs/never-made`);
  await page.getByRole('heading', { name: 'There is no run “never-made”' }).waitFor();
});

it('shows the actions as a tree, with groups and what is below them', async () => {
  const page = await suite.open(`${base}/runs/tree`);
  await header(page).getByText('Running', { exact: true }).waitFor();
  await header(page).getByText('teamdata').waitFor();
  await line(page, 'n4').getByText('write').waitFor();
  const group = page.getByRole('row', { name: /fetching/ });
  await group.getByRole('img', { name: '2 succeeded' }).waitFor();
  await page.getByText('5 actions', { exact: true }).waitFor();
  await group.getByRole('button', { name: 'Unfold fetching' }).click();
  await line(page, 'n1').waitFor();
  await group.getByRole('button', { name: 'Fold fetching' }).click();
  await line(page, 'n1').waitFor({ state: 'hidden' });
});

it('shows them in time and as a picture, at addresses of their own', async () => {
  const page = await suite.open(`${base}/runs/tree`);
  await line(page, 'n3').waitFor();
  await page.keyboard.press('2');
  await page.waitForURL('**/runs/tree?view=timeline');
  await line(page, 'n3')
    .getByTitle(/^running for /)
    .waitFor();
  await page.locator('label').filter({ hasText: 'Graph' }).click();
  await page.waitForURL('**/runs/tree?view=graph');
  const graph = page.getByTestId('graph');
  await graph.getByTitle('main: Running').waitFor();
  await graph.getByTitle('fetching: Succeeded').waitFor();
  await page.reload();
  await graph.getByTitle('load: Running').click();
  await page.waitForURL('**/runs/tree/actions/n3?view=graph');
  await page.getByRole('complementary', { name: 'Action n3' }).getByText('demo.load').waitFor();
});

it('keeps what stands above the actions that a filter finds', async () => {
  const page = await suite.open(`${base}/runs/tree`);
  await eventually(() => lines(page)).toContain('n4');
  await page.keyboard.press('/');
  await page.keyboard.type('write');
  await page.waitForURL('**/runs/tree?find=write');
  await eventually(() => lines(page)).toEqual(['a0', 'n3', 'n4']);
  await page.getByText('1 of 5 actions').waitFor();
  await page.getByRole('button', { name: 'Show actions of any name' }).click();
  await eventually(() => new URL(page.url()).search).toBe('');
  await page
    .getByRole('group', { name: 'Show actions in these phases' })
    .getByRole('button', { name: /^Succeeded: / })
    .click();
  await page.waitForURL('**/runs/tree?phase=succeeded');
  await page.reload();
  await page.getByText('2 of 5 actions').waitFor();
  await eventually(() => lines(page)).not.toContain('n3');
});

it('shows every phase of a run that goes on while the page is open', async () => {
  const { api } = suite;
  await createRun(api, 'progress');
  const page = await suite.open(`${base}/runs/progress`);
  await page.evaluate('globalThis.samePage = true');
  for (const [phase, label] of LIFE) {
    if (phase !== Phase.QUEUED) await becomes(api, 'progress', phase);
    await header(page).getByText(label, { exact: true }).waitFor();
    if (phase !== Phase.RUNNING) continue;
    await addTask(api, 'progress', 'n1');
    for (const [inner, word] of LIFE) {
      if (inner !== Phase.QUEUED) await becomes(api, 'progress', inner, { action: 'n1' });
      await line(page, 'n1').getByRole('img', { name: word, exact: true }).waitFor();
    }
  }
  await page.getByText('2 actions', { exact: true }).waitFor();
  expect(await page.evaluate('globalThis.samePage')).toBe(true);
});

it('moves nothing while updates come in', async () => {
  const { api } = suite;
  await createTree('steady');
  const page = await suite.open(`${base}/runs/steady/actions/n3`);
  await page.getByRole('region', { name: 'Attempts' }).getByText('Running', { exact: true }).waitFor();
  await line(page, 'n4').waitFor();
  await page.evaluate(`
    globalThis.moved = 0;
    new PerformanceObserver((list) => {
      for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) globalThis.moved += value;
    }).observe({ type: 'layout-shift' });`);
  for (const action of ['n4', 'n3']) await becomes(api, 'steady', Phase.SUCCEEDED, { action });
  await line(page, 'n3').getByRole('img', { name: 'Succeeded' }).first().waitFor();
  await addTask(api, 'steady', 'n5');
  await becomes(api, 'steady', Phase.PAUSED, { action: 'n5' });
  await line(page, 'n5').getByRole('img', { name: 'Paused' }).waitFor();
  await becomes(api, 'steady', Phase.SUCCEEDED);
  await header(page).getByText('Succeeded', { exact: true }).waitFor();
  // Of a score of 0.1 people take notice. Numbers that become longer come to much less.
  expect(await page.evaluate('globalThis.moved')).toBeLessThan(0.01);
});

it('aborts the run, with the reason', async () => {
  const { api } = suite;
  await createTree('unwanted');
  const page = await suite.open(`${base}/runs/unwanted`);
  await page.getByRole('button', { name: 'Abort', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Abort unwanted?' });
  await dialog.getByText('Its 3 unfinished actions are ended').waitFor();
  await dialog.getByLabel('Why').fill('not needed');
  await dialog.getByRole('button', { name: 'Abort the run' }).click();
  await header(page).getByText('Aborted', { exact: true }).waitFor();
  await header(page)
    .getByText(/^Aborted.*: not needed$/)
    .waitFor();
  await line(page, 'n3').getByRole('img', { name: 'Aborted' }).first().waitFor();
  expect(await phaseOf(api, 'unwanted')).toBe('ABORTED');
  const { details } = await api.runs.getRunDetails({ runId: runId('unwanted') });
  expect(details?.action?.result).toMatchObject({ case: 'abortInfo', value: { reason: 'not needed' } });
});

/** The run that the page has gone to. */
async function openedAfter(page: Page, before: string): Promise<string> {
  await eventually(() => page.getByRole('heading', { level: 1 }).textContent()).not.toBe(before);
  return (await page.getByRole('heading', { level: 1 }).textContent()) ?? '';
}

async function relationOf(name: string) {
  const { details } = await suite.api.runs.getRunDetails({ runId: runId(name) });
  return {
    type: details?.runSpec?.relation?.relationType,
    to: details?.runSpec?.relation?.relatedTo?.name,
    source: details?.action?.metadata?.source,
    recovers: details?.runSpec?.recover !== undefined,
    labels: details?.runSpec?.labels?.values,
  };
}

it('runs it again', async () => {
  const page = await suite.open(`${base}/runs/tree`);
  await page.getByRole('button', { name: 'Re-run', exact: true }).click();
  const name = await openedAfter(page, 'tree');
  await header(page).getByText('Re-run of tree').waitFor();
  expect(await inputsOf(suite.api, name)).toEqual({ x: 7n, text: 'before' });
  expect(await relationOf(name)).toEqual({
    type: RelationType.RERUN,
    to: 'tree',
    source: RunSource.WEB,
    recovers: false,
    labels: { team: 'data' },
  });
  await header(page).getByRole('link', { name: 'tree' }).click();
  await page.getByRole('heading', { level: 1, name: 'tree' }).waitFor();
});

it('runs it again with other inputs, which are checked', async () => {
  const page = await suite.open(`${base}/runs/tree`);
  await page.getByRole('button', { name: 'More ways to run it again' }).click();
  await page.getByRole('menuitem', { name: 'Re-run with other inputs' }).click();
  const dialog = page.getByRole('dialog', { name: 'Re-run tree with other inputs' });
  await dialog.getByLabel('x int').fill('a lot');
  await dialog.getByRole('radiogroup', { name: 'sure' }).getByText('True').click();
  await dialog.getByRole('button', { name: 'Start the run' }).click();
  expect(await dialog.isVisible()).toBe(true);
  await dialog.getByLabel('x int').and(page.locator('[aria-invalid="true"]')).waitFor();
  await dialog.getByLabel('x int').fill('8');
  await dialog.getByLabel('text str').fill('after');
  await dialog.getByLabel('Name of the new run').fill('tree-again');
  await dialog.getByRole('button', { name: 'Start the run' }).click();
  await page.getByRole('heading', { level: 1, name: 'tree-again' }).waitFor();
  expect(await inputsOf(suite.api, 'tree-again')).toEqual({ x: 8n, text: 'after', sure: true });
  expect(await relationOf('tree-again')).toMatchObject({ type: RelationType.RERUN, to: 'tree' });
});

it('recovers a run that failed, and says why it had', async () => {
  const page = await suite.open(`${base}/runs/broken`);
  await header(page).getByText('ValueError: no such table').waitFor();
  await page.getByRole('button', { name: 'More ways to run it again' }).click();
  await page.getByRole('menuitem', { name: 'Recover: keep what succeeded' }).click();
  const name = await openedAfter(page, 'broken');
  await header(page).getByText('Recovers broken').waitFor();
  expect(await relationOf(name)).toMatchObject({ type: RelationType.RECOVER, to: 'broken', recovers: true });
});

it('works by keys alone', async () => {
  const page = await suite.open(`${base}/runs/broken`);
  await line(page, 'n4').waitFor();
  await page.keyboard.press('f');
  await page.keyboard.press('Enter');
  await page.getByRole('complementary', { name: 'Action n4' }).getByText('demo.write').waitFor();
  await page.keyboard.press('h');
  await page.waitForURL('**/runs/broken/actions/n3');
  await page.keyboard.press('Escape');
  await page.waitForURL('**/runs/broken');
  await page.keyboard.press('h');
  await line(page, 'n4').waitFor({ state: 'hidden' });
  await page.keyboard.press('l');
  await line(page, 'n4').waitFor();
  await page.keyboard.press('3');
  await page.waitForURL('**/runs/broken?view=graph');
  await page.keyboard.press('1');
  await page.waitForURL('**/runs/broken');
  await page.keyboard.press('Control+k');
  await page.getByLabel('Search pages and runs').fill('recover this');
  await page.keyboard.press('Enter');
  await page.getByText('Recovers broken').waitFor();
});
