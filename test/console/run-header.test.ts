import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { RelationType } from '../../src/gen/flyteidl2/common/run_pb.js';
import { expectAccessible } from './accessible.ts';
import { actionId, base, consoleSuite, eventually, runId } from './harness.ts';
import { addTask, becomes, createRun, Phase, specOf } from './stories.ts';

const suite = consoleSuite(0);
const task = { org: 'default', project: 'shop', domain: 'development', version: 'v'.repeat(40) };
const longTask = 'warehouse.reconcile_everything_with_the_ledger_of_the_year_before';
const LENGTHS = '[class*="_track_"] [class*="_length_"]';
const narrow = { width: 1100, height: 800 };

beforeAll(async () => {
  const { api } = suite;
  await api.tasks.deployTask({ taskId: { ...task, name: longTask }, spec: specOf(longTask) });
  await createRun(api, 'first', { task: { case: 'taskId', value: { ...task, name: longTask } } });
  for (const phase of [Phase.WAITING_FOR_RESOURCES, Phase.INITIALIZING, Phase.RUNNING, Phase.PAUSED])
    await becomes(api, 'first', phase);
  for (const name of ['n1', 'n2', 'n3']) {
    await addTask(api, 'first', name);
    for (const phase of [Phase.RUNNING, Phase.SUCCEEDED])
      await becomes(api, 'first', phase, { action: name });
  }
  await becomes(api, 'first', Phase.RUNNING);
  await becomes(api, 'first', Phase.SUCCEEDED);
  await createRun(api, 'second', {
    task: { case: 'taskId', value: { ...task, name: longTask } },
    runSpec: { relation: { relatedTo: runId('first'), relationType: RelationType.RERUN } },
  });
});

const header = (page: Page) => page.getByRole('region', { name: 'The run' });

interface Box {
  readonly text: string;
  readonly left: number;
  readonly right: number;
}

/** What the elements say, and where they stand. */
function boxesOf(page: Page, selector: string): Promise<Box[]> {
  return page.evaluate<Box[]>(`[...document.querySelectorAll(${JSON.stringify(selector)})].map((element) => {
    const { left, right } = element.getBoundingClientRect();
    return { text: element.textContent, left, right };
  })`);
}

it.each([narrow, { width: 1440, height: 900 }])(
  'tells all durations in a window of $width pixels, however long the names are',
  async (viewport) => {
    const page = await suite.open(`${base}/runs/first`, { viewport });
    await header(page)
      .getByText(/ queued$/)
      .waitFor();
    const parts = await boxesOf(page, 'section[aria-label="The run"] dd');
    const names = ['queued', 'waiting', 'starting', 'running', 'paused'];
    for (const name of names) expect(parts.at(-1)?.text).toContain(` ${name}`);
    for (const { left, right, text } of parts) {
      expect(left, text).toBeGreaterThanOrEqual(0);
      expect(right, text).toBeLessThanOrEqual(viewport.width);
    }
    // Nothing lies upon what stands beside it, and nothing is cut off below.
    const facts = await boxesOf(page, 'section[aria-label="The run"] dl:last-child > div');
    for (const [index, { left, text }] of facts.entries())
      expect(left, text).toBeGreaterThanOrEqual(facts[index - 1]?.right ?? 0);
    const { details } = await suite.api.runs.getRunDetails({ runId: runId('first') });
    const spec = details?.action?.metadata?.spec;
    expect(spec?.case === 'task' && spec.value.id?.version).toBe(task.version);
    await header(page).getByTitle(task.version).waitFor();
    await expectAccessible(page);
  },
);

it('leads to the task, to the run it came from, and from there to what came of it', async () => {
  const page = await suite.open(`${base}/runs/second`);
  await header(page).getByText('Re-run of').getByRole('link', { name: 'first' }).click();
  await page.waitForURL(`**${base}/runs/first`);
  await header(page).getByRole('button', { name: 'Other runs of this task' }).click();
  await page.getByRole('menuitem', { name: 'second (came of this one)' }).click();
  await page.waitForURL(`**${base}/runs/second`);
  await header(page).getByRole('link', { name: longTask }).click();
  await page.waitForURL(`**${base}/tasks/${longTask}`);
  await page.getByRole('button', { name: 'Run now' }).waitFor();
});

it('writes labels into the timeline only where they have room', async () => {
  const { details } = await suite.api.runs.getActionDetails({ actionId: actionId('first', 'n1') });
  expect(details?.status?.phase).toBe(Phase.SUCCEEDED);
  const page = await suite.open(`${base}/runs/first/actions/n1?view=timeline`, { viewport: narrow });
  await page.locator('canvas[data-drawn]').waitFor();
  await eventually(async () => (await boxesOf(page, LENGTHS)).length).toBeGreaterThan(0);
  const [track] = await boxesOf(page, '[class*="_track_"]');
  const labels = await boxesOf(page, LENGTHS);
  for (const { text, left, right } of labels) {
    expect(left, text).toBeGreaterThanOrEqual(track?.left ?? 0);
    expect(right, text).toBeLessThanOrEqual((track?.right ?? 0) + 1);
  }
  const ticks = await boxesOf(page, '[class*="_tick_"]');
  expect(ticks.length).toBeGreaterThan(1);
  for (const [index, { text, left, right }] of ticks.entries()) {
    expect(left, text).toBeGreaterThanOrEqual(ticks[index - 1]?.right ?? 0);
    if (text !== '') expect(right, text).toBeLessThanOrEqual(track?.right ?? 0);
  }
});
