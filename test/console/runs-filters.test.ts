import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { TriggerAutomationSpecType } from '../../src/gen/flyteidl2/task/common_pb.js';
import type { Run } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { RunSource } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { base, eventually, projectId, runId, scope, consoleSuite } from './harness.ts';
import { becomes, createRun, Phase } from './stories.ts';
import { choose, shownRuns } from './runs-page.ts';

const suite = consoleSuite(24);
// Taller than any screen, so that every run of the sample is in the page.
const tall = { viewport: { width: 1440, height: 1600 } };
const DAY_MS = 86_400_000;
let all: readonly Run[] = [];

beforeAll(async () => {
  const { api } = suite;
  const name = 'at-night';
  const taskName = 'etl.nightly_orders';
  await api.triggers.deployTrigger({
    name: { org: 'default', ...scope, taskName, name },
    spec: { active: false, taskVersion: '2f1c9ab' },
    automationSpec: {
      type: TriggerAutomationSpecType.TYPE_SCHEDULE,
      automation: {
        case: 'schedule',
        value: { expression: { case: 'cron', value: { expression: '0 0 1 1 *', timezone: 'UTC' } } },
      },
    },
  });
  await api.runs.createRun({
    id: { case: 'runId', value: runId('triggered') },
    task: { case: 'triggerName', value: { org: 'default', ...scope, taskName, name } },
    source: RunSource.WEB,
  });
  await createRun(api, 'without-source');
  await becomes(api, 'without-source', Phase.RUNNING);
  const { runs } = await api.runs.listRuns({
    scopeBy: { case: 'projectId', value: projectId },
    request: { limit: 100 },
  });
  all = runs;
  expect(all).toHaveLength(26);
});

/** Names of the runs that are like that, as the service has them. */
function namesOf(matches: (run: Run) => boolean): string[] {
  return all
    .filter(matches)
    .map((run) => run.action?.id?.run?.name ?? '')
    .sort();
}

const phaseOf = (run: Run) => run.action?.status?.phase;
const taskOf = ({ action }: Run) =>
  action?.metadata?.spec.case === 'task' ? action.metadata.spec.value.id?.name : undefined;
const startOf = ({ action }: Run) => Number(action?.status?.startTime?.seconds) * 1000;
const subjectOf = ({ action }: Run) => {
  const principal = action?.metadata?.executedBy?.principal;
  return principal?.case === 'user' ? principal.value.id?.subject : undefined;
};

const filters: [string, (page: Page) => Promise<void>, string, (run: Run) => boolean][] = [
  [
    'phase',
    async (page) => {
      await page.getByRole('group', { name: 'Phases' }).getByRole('button', { name: 'Failed' }).click();
      await page.getByRole('group', { name: 'Phases' }).getByRole('button', { name: 'Paused' }).click();
    },
    '?phase=failed,paused',
    (run) => phaseOf(run) === Phase.FAILED || phaseOf(run) === Phase.PAUSED,
  ],
  [
    'task',
    (page) => choose(page, 'Task', 'monitoring.check_freshness'),
    '?task=monitoring.check_freshness',
    (run) => taskOf(run) === 'monitoring.check_freshness',
  ],
  [
    'label',
    (page) => choose(page, 'Label', 'team=data'),
    '?label=team%3Ddata',
    (run) => run.labels.team === 'data',
  ],
  [
    'the key of a label, typed',
    (page) => choose(page, 'Label', 'Use “priority”', 'priority'),
    '?label=priority',
    (run) => 'priority' in run.labels,
  ],
  [
    'who',
    (page) => choose(page, 'Who', 'Ada'),
    '?who=ada%40example.org',
    (run) => subjectOf(run) === 'ada@example.org',
  ],
  [
    'trigger',
    async (page) => {
      await page.getByRole('button', { name: 'Trigger', exact: true }).click();
      await page.getByLabel('Trigger: search').fill('at-');
      await page.locator('[data-combobox-selected]', { hasText: 'at-night' }).waitFor();
      await page.keyboard.press('Enter');
    },
    '?trigger=at-night',
    (run) => run.action?.metadata?.triggerName === 'at-night',
  ],
  [
    'source',
    (page) => choose(page, 'Source', 'Schedule'),
    '?source=schedule',
    (run) => run.action?.metadata?.source === RunSource.SCHEDULE_TRIGGER,
  ],
  [
    'time',
    async (page) => {
      await page.getByRole('button', { name: 'Any time' }).click();
      await page.getByRole('button', { name: 'Last 24 hours' }).click();
    },
    '?since=24h',
    (run) => startOf(run) >= Date.now() - DAY_MS,
  ],
  [
    'name',
    (page) => page.getByLabel('Part of the name of a run').fill('MONITORING-00'),
    '?name=MONITORING-00',
    (run) => run.action?.id?.run?.name.startsWith('monitoring-00') === true,
  ],
];

it.each(filters)(
  'filters by %s, in the address and in the list, also after a reload',
  async (_, act, query, matches) => {
    const page = await suite.open(`${base}/runs`, tall);
    const expected = namesOf(matches);
    expect(expected.length).toBeGreaterThan(0);
    expect(expected.length).toBeLessThan(all.length);
    await eventually(() => shownRuns(page)).toEqual(namesOf(() => true));
    await act(page);
    await eventually(() => new URL(page.url()).search).toBe(query);
    await eventually(() => shownRuns(page)).toEqual(expected);
    await page.reload();
    await eventually(() => shownRuns(page)).toEqual(expected);
    expect(new URL(page.url()).search).toBe(query);
    await page.getByRole('region', { name: 'Filters' }).getByRole('button', { name: 'Clear' }).click();
    await eventually(() => shownRuns(page)).toEqual(namesOf(() => true));
  },
);

it('filters by the day before, of the zone that the person is in', async () => {
  // Five and a half hours before UTC, where days begin at other times.
  const page = await suite.open('/icon.svg', { ...tall, timezoneId: 'Asia/Kolkata' });
  const dayOf = (at: number) => Math.floor((at + 5.5 * 3_600_000) / DAY_MS);
  const newest = Math.max(...all.map(startOf));
  const expected = namesOf((run) => dayOf(startOf(run)) === dayOf(newest));
  expect(expected.length).toBeLessThan(all.length);
  // For who looks a day later, that of the newest run is yesterday.
  await page.clock.setFixedTime(newest + DAY_MS);
  await page.goto(`${suite.url}${base}/runs`);
  await page.getByRole('button', { name: 'Any time' }).click();
  await page.getByRole('button', { name: 'Yesterday' }).click();
  await eventually(() => new URL(page.url()).search).toBe('?since=yesterday');
  await eventually(() => shownRuns(page)).toEqual(expected);
  await page.reload();
  await eventually(() => shownRuns(page)).toEqual(expected);
});

it('filters by a part of the strip, and again by all of it', async () => {
  const page = await suite.open(`${base}/runs`, tall);
  const strip = page.getByRole('img', { name: /^26 runs from / });
  await strip.waitFor();
  const box = await strip.boundingBox();
  if (box === null) throw new Error('The strip is not shown.');
  const middle = box.y + 20;
  await page.mouse.move(box.x + box.width / 4, middle);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.9, middle, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/\?from=.*&to=/);
  const { searchParams } = new URL(page.url());
  const [from, to] = ['from', 'to'].map((name) => Date.parse(searchParams.get(name) ?? ''));
  const expected = namesOf((run) => startOf(run) >= (from ?? 0) && startOf(run) < (to ?? 0));
  expect(expected.length).toBeGreaterThan(0);
  expect(expected.length).toBeLessThan(all.length);
  await eventually(() => shownRuns(page)).toEqual(expected);
  await page.mouse.click(box.x + 5, middle);
  await eventually(() => new URL(page.url()).search).toBe('');
  await eventually(() => shownRuns(page)).toEqual(namesOf(() => true));
});

it('shows the error of a failed run, and filters by what is clicked in a line', async () => {
  const page = await suite.open(`${base}/runs?phase=failed`, tall);
  const [failed = ''] = namesOf((run) => phaseOf(run) === Phase.FAILED);
  const { details } = await suite.api.runs.getRunDetails({ runId: runId(failed) });
  const message = details?.action?.result.case === 'errorInfo' ? details.action.result.value.message : '';
  const line = page.locator(`tr[data-run="${failed}"]`);
  await line.getByText(message.trim().split('\n').at(-1) ?? 'no message').waitFor();
  await line.getByTitle(/^Only runs of /).click();
  await eventually(() => new URL(page.url()).searchParams.get('task')).toBe(
    taskOf(all.find((run) => run.action?.id?.run?.name === failed) as Run),
  );
});

it('keeps a view in the browser, and offers it in the palette', async () => {
  const page = await suite.open(`${base}/runs?phase=failed&task=etl.nightly_orders`, tall);
  await page.getByRole('button', { name: 'Views' }).click();
  await page.getByLabel('Name of the new view').fill('Bad nights');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.keyboard.press('Escape');
  await page.goto(`${suite.url}${base}/runs`);
  await page.getByRole('button', { name: 'All runs' }).click();
  await page.getByRole('button', { name: 'Bad nights', exact: true }).click();
  await page.waitForURL(/\?phase=failed&task=etl\.nightly_orders$/);
  await page.goto(`${suite.url}${base}/runs`);
  await page.getByRole('table', { name: 'Runs' }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByLabel('Search pages and runs').fill('bad ni');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\?phase=failed&task=etl\.nightly_orders$/);
  await page.getByRole('button', { name: 'Bad nights' }).click();
  await page.getByRole('button', { name: 'Delete the view Bad nights' }).click();
  await page.getByRole('button', { name: 'Delete the view Bad nights' }).waitFor({ state: 'hidden' });
});

it('sums runs up by task, with the numbers of the service', async () => {
  const page = await suite.open(`${base}/runs`, tall);
  await page.getByText('By task', { exact: true }).click();
  await page.waitForURL(/\?group=task$/);
  const task = 'monitoring.check_freshness';
  const line = page.getByRole('row').filter({ hasText: task });
  const ofTask = all.filter((run) => taskOf(run) === task && startOf(run) > Date.now() - 7 * DAY_MS);
  const ended = ofTask.filter((run) => run.action?.status?.endTime !== undefined);
  const failed = ended.filter((run) =>
    [Phase.FAILED, Phase.TIMED_OUT].includes(phaseOf(run) ?? Phase.QUEUED),
  );
  await eventually(() => line.getByRole('cell').nth(1).textContent()).toBe(String(ofTask.length));
  expect(await line.getByRole('cell').nth(2).textContent()).toBe(
    `${Math.round((failed.length / ended.length) * 100)} %`,
  );
  await page.getByRole('button', { name: 'Runs', exact: true }).first().click();
  await page.waitForURL(/sort=-runs/);
  await line.getByRole('button', { name: task }).click();
  await eventually(() => new URL(page.url()).search).toBe(`?task=${task}`);
});
