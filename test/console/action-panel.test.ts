import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { CatalogCacheStatus } from '../../src/gen/flyteidl2/core/catalog_pb.js';
import { SimpleType } from '../../src/gen/flyteidl2/core/types_pb.js';
import { actionId, base, consoleSuite, eventually, scope } from './harness.ts';
import { uploadOutputs } from './seed-outputs.ts';
import { simpleType } from './seed-tasks.ts';
import { addCondition, addTask, becomes, createRun, integer, Phase, phaseOf, text } from './stories.ts';

const suite = consoleSuite(0);
const STACK = `Traceback (most recent call last):
${Array.from({ length: 30 }, (_, index) => `  File "/app/step_${index}.py", line ${index}, in call`).join('\n')}
KeyError: 'currency'`;
const story = 'panel';

beforeAll(async () => {
  const { api } = suite;
  const inputs = {
    literals: [integer('x', 42n), text('text', 'line one\nline two'), text('long', 'a'.repeat(5000))],
  };
  await createRun(api, story, { inputWrapper: { case: 'inputs', value: inputs } });
  await becomes(api, story, Phase.RUNNING);
  await addTask(api, story, 'n1', { task: 'demo.fetch' });
  const clusterEvents = [
    { reason: 'Scheduled', message: 'Assigned to worker-3', type: 1, sourceComponent: 'scheduler', count: 1 },
  ];
  const errorInfo = { code: 'KeyError', message: STACK, kind: 1 };
  const failed = {
    reason: 'BackOff',
    message: 'Exited with code 1',
    type: 2,
    sourceComponent: 'kubelet',
    count: 3,
  };
  for (const attempt of [1, 2]) {
    await becomes(api, story, Phase.RUNNING, { action: 'n1', attempt, clusterEvents });
    await becomes(api, story, Phase.FAILED, { action: 'n1', attempt, errorInfo, clusterEvents: [failed] });
  }
  await addTask(api, story, 'n2', { task: 'demo.write' });
  const outputUri = await uploadOutputs(suite.transport, { org: 'default', ...scope }, story, [
    integer('o0', 1234n),
  ]);
  await becomes(api, story, Phase.SUCCEEDED, { action: 'n2', outputs: { outputUri } });
});

const at = (action: string, query = '') => `${base}/runs/${story}/actions/${action}${query}`;
const panelOf = (page: Page, action: string) => page.getByRole('complementary', { name: `Action ${action}` });
const tab = (page: Page, name: string) =>
  page.getByRole('navigation', { name: 'About the action' }).getByRole('link', { name });

it('tells why it failed, attempt by attempt, with the stack', async () => {
  const page = await suite.open(at('n1'));
  const panel = panelOf(page, 'n1');
  const error = panel.getByRole('region', { name: 'Error' });
  await error.getByRole('heading', { name: "KeyError: 'currency'" }).waitFor();
  await error.getByText('USER error').waitFor();
  expect(await error.getByText('step_0.py').isVisible()).toBe(false);
  await error.getByRole('button', { name: /^Show all of it/ }).click();
  await error.getByText('step_0.py').waitFor();
  const attempts = panel.getByRole('region', { name: 'Attempts' });
  await attempts.getByRole('heading', { name: '2 attempts' }).waitFor();
  await attempts.getByText('Attempt 1', { exact: true }).waitFor();
  await attempts.getByText('Attempt 2', { exact: true }).waitFor();
});

it('shows values as people read them, long ones folded', async () => {
  const page = await suite.open(at('a0'));
  await tab(page, 'Inputs & outputs').click();
  await page.waitForURL(`**${at('a0', '?tab=values')}`);
  const inputs = panelOf(page, 'a0').getByRole('region', { name: 'Inputs' });
  await inputs.getByText('42', { exact: true }).waitFor();
  await inputs.getByText('line one').waitFor();
  const long = inputs.locator('pre').filter({ hasText: 'aaaa' });
  expect((await long.textContent())?.length).toBeLessThan(2000);
  await inputs.getByRole('button', { name: 'Show all of it (5,000 characters)' }).click();
  await eventually(async () => (await long.textContent())?.length).toBe(5000);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    inputs.getByRole('button', { name: 'Save the inputs as JSON' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('panel-a0-inputs.json');
  expect(JSON.parse(await readFile(await download.path(), 'utf8'))).toEqual({
    x: 42,
    text: 'line one\nline two',
    long: 'a'.repeat(5000),
  });
  await page.goto(`${suite.url}${at('n2', '?tab=values')}`);
  await panelOf(page, 'n2').getByRole('region', { name: 'Outputs' }).getByText('1234').waitFor();
});

it('shows what the cluster reported and what was asked for', async () => {
  const page = await suite.open(at('n1'));
  await tab(page, 'Events').click();
  const first = page.getByRole('region', { name: 'Events of attempt 1' });
  await first.getByText('Assigned to worker-3').waitFor();
  await first.getByRole('listitem').filter({ hasText: 'BackOff' }).getByText('3 times').waitFor();
  await tab(page, 'Spec').click();
  await page.getByRole('region', { name: 'Container' }).getByText('registry.example/demo:latest').waitFor();
  await page.getByRole('region', { name: 'As JSON' }).getByText('"taskTemplate"').waitFor();
  await tab(page, 'Logs').click();
  await page.getByRole('heading', { name: 'The log is where it ran' }).waitFor();
  await tab(page, 'Report').click();
  await page.getByRole('heading', { name: 'It wrote no report' }).waitFor();
});

it('tells from which result of the cache an action came', async () => {
  const { api } = suite;
  await addTask(api, story, 'n4', { task: 'demo.fetch' });
  await becomes(api, story, Phase.SUCCEEDED, {
    action: 'n4',
    cacheStatus: CatalogCacheStatus.CACHE_HIT,
    cacheMetadata: { sourceActionAttempt: { actionId: actionId('earlier', 'n9'), attempt: 1 } },
  });
  const page = await suite.open(at('n4'));
  const cache = panelOf(page, 'n4').getByRole('region', { name: 'Cache' });
  await cache.getByText('hit: an earlier result was taken').waitFor();
  const source = cache.getByRole('link', { name: 'earlier / n9' });
  expect(await source.getAttribute('href')).toBe(`${base}/runs/earlier/actions/n9`);
  await page.locator('#line-n4').getByLabel('From the cache').waitFor();
});

it('follows an action that goes on while the panel is open', async () => {
  const { api } = suite;
  await addTask(api, story, 'n3', { task: 'demo.slow' });
  const page = await suite.open(at('n3'));
  const panel = panelOf(page, 'n3');
  const phases = panel.getByRole('region', { name: 'Attempts' });
  for (const [phase, label] of [
    [Phase.INITIALIZING, 'Starting'],
    [Phase.RUNNING, 'Running'],
    [Phase.SUCCEEDED, 'Succeeded'],
  ] as const) {
    await becomes(api, story, phase, { action: 'n3' });
    await panel
      .getByRole('banner')
      .or(panel.locator('header'))
      .first()
      .getByText(label, { exact: true })
      .waitFor();
    await phases.getByText(label, { exact: true }).waitFor();
  }
});

it.each([
  [
    'bool',
    SimpleType.BOOLEAN,
    (page: Page) => page.locator('label').filter({ hasText: 'True' }).click(),
    { case: 'boolean', value: true },
  ],
  [
    'int',
    SimpleType.INTEGER,
    (page: Page) => page.getByRole('textbox', { name: 'Answer' }).fill('12'),
    { case: 'integer', value: 12n },
  ],
  [
    'float',
    SimpleType.FLOAT,
    (page: Page) => page.getByRole('textbox', { name: 'Answer' }).fill('2.5e-3'),
    { case: 'floatValue', value: 0.0025 },
  ],
  [
    'str',
    SimpleType.STRING,
    (page: Page) => page.getByRole('textbox', { name: 'Answer' }).fill('go on'),
    { case: 'stringValue', value: 'go on' },
  ],
] as const)(
  'answers a condition that waits for a value of type %s',
  async (type, simple, answer, expected) => {
    const { api } = suite;
    const action = `asks-${type}`;
    await addCondition(api, story, action, {
      name: 'approve',
      type: simpleType(simple),
      prompt: 'Send it to **everybody**?',
      promptType: 2,
    });
    await becomes(api, story, Phase.PAUSED, { action });
    const page = await suite.open(at(action));
    const panel = panelOf(page, action);
    await panel.locator('strong').getByText('everybody').waitFor();
    await answer(page);
    await panel.getByRole('button', { name: 'Answer, and let the run go on' }).click();
    await panel.getByRole('region', { name: 'Signal' }).waitFor();
    await page.locator(`#line-${action}`).getByRole('img', { name: 'Succeeded' }).waitFor();
    const { details } = await api.runs.getActionDetails({ actionId: actionId(story, action) });
    expect(details?.status?.phase).toBe(Phase.SUCCEEDED);
    const output = details?.result.case === 'signalInfo' ? details.result.value.output?.value : undefined;
    const scalar = output?.case === 'scalar' ? output.value.value : undefined;
    expect(scalar?.case === 'primitive' ? scalar.value.value : undefined).toEqual(expected);
    expect(await phaseOf(api, story)).toBe('RUNNING');
  },
);

it('works by keys: tabs, full width, the actions beside it', async () => {
  const page = await suite.open(at('n1'));
  const current = () =>
    page.getByRole('navigation', { name: 'About the action' }).locator('[aria-current]').textContent();
  await eventually(current).toBe('Overview');
  await page.keyboard.press(']');
  await eventually(current).toBe('Inputs & outputs');
  await page.keyboard.press('[');
  await eventually(current).toBe('Overview');
  await page.keyboard.press('w');
  await page.waitForURL('**?tab=overview&wide=1');
  await page.keyboard.press('w');
  await page.keyboard.press('j');
  await panelOf(page, 'n2').getByRole('heading', { name: 'write' }).waitFor();
  await page.keyboard.press('Escape');
  await page.waitForURL(`**${base}/runs/${story}`);
  await panelOf(page, 'n2').waitFor({ state: 'hidden' });
});
