import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { base, consoleSuite, eventually, runId } from './harness.ts';
import { shownRuns } from './runs-page.ts';
import { addTask, becomes, createRun, Phase, specOf, text } from './stories.ts';

const suite = consoleSuite(0);
const header = (page: Page) => page.getByRole('region', { name: 'The run' });

it('shows names and values of any script, and none of them as HTML', async () => {
  const { api } = suite;
  const value = 'größe 日本語 🚀 <b>bold</b> مرحبا';
  const labels = { équipe: '数据 🚀', html: '<img src=x onerror=alert(1)>' };
  await createRun(api, 'scripts', {
    task: { case: 'taskSpec', value: specOf('данные.größe_日本語') },
    runSpec: { labels: { values: labels } },
    inputWrapper: { case: 'inputs', value: { literals: [text('text', value)] } },
  });
  await addTask(api, 'scripts', 'n1', { task: 'x.形', group: 'グループ "<i>"' });
  const list = await suite.open(`${base}/runs?name=scripts`);
  await list.locator('tr[data-run="scripts"]').getByText('équipe=数据 🚀').click();
  await eventually(() => new URL(list.url()).searchParams.get('label')).toBe('équipe=数据 🚀');
  await eventually(() => shownRuns(list)).toEqual(['scripts']);
  const page = await suite.open(`${base}/runs/scripts/actions/a0?tab=values`);
  await header(page).getByText('данные.größe_日本語').waitFor();
  await header(page).getByText(labels.html).waitFor();
  await page.getByRole('region', { name: 'Inputs' }).getByText(value, { exact: true }).waitFor();
  await page.getByRole('row', { name: /グループ "<i>"/ }).waitFor();
  expect(await page.locator('main :is(img[src=x], dd b b)').count()).toBe(0);
});

it('has as many labels in sight as there is room for, and all of them at a click', async () => {
  const { api } = suite;
  const labels = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`label-${i}`, 'v'.repeat(i)]));
  await createRun(api, 'labelled', { runSpec: { labels: { values: labels } } });
  const page = await suite.open(`${base}/runs/labelled`, { viewport: { width: 1100, height: 800 } });
  await header(page).getByRole('button', { name: 'All 100 labels' }).click();
  const all = header(page).getByRole('list', { name: 'All labels' });
  await eventually(() => all.getByRole('listitem').count()).toBe(100);
  await page.keyboard.press('Escape');
  await all.waitFor({ state: 'hidden' });
  const { details } = await api.runs.getRunDetails({ runId: runId('labelled') });
  expect(Object.keys(details?.runSpec?.labels?.values ?? {})).toHaveLength(100);
});

it('stays readable with an error of a megabyte, and names its class', async () => {
  const { api } = suite;
  const trace = Array.from({ length: 20_000 }, (_, i) => `  File "/app/module_${i}.py", line ${i}, in call`);
  const message = `Traceback (most recent call last):\n${trace.join('\n')}\nKeyError: 'price'`;
  expect(message.length).toBeGreaterThan(700_000);
  await createRun(api, 'long-error');
  await addTask(api, 'long-error', 'n1');
  for (const [action, text] of [
    ['n1', message],
    ['a0', "'price'"],
  ] as const) {
    await becomes(api, 'long-error', Phase.FAILED, {
      action,
      errorInfo: { code: 'KeyError', message: text, kind: 1 },
    });
    await api.internal.updateActionStatus({
      actionId: { run: runId('long-error'), name: action },
      status: { phase: Phase.FAILED, attempts: 1 },
    });
  }
  const list = await suite.open(`${base}/runs?name=long-error`);
  await list.locator('tr[data-run="long-error"]').getByText("KeyError: 'price'").waitFor();
  const page = await suite.open(`${base}/runs/long-error`);
  await header(page).getByText("KeyError: 'price'").waitFor();
  await header(page).getByRole('button', { name: 'step' }).click();
  await page.waitForURL('**/runs/long-error/actions/n1');
  const error = page.getByRole('region', { name: /^(Error|Attempts)$/ }).first();
  await error.getByRole('heading', { name: "KeyError: 'price'" }).waitFor();
  expect((await error.textContent())?.length).toBeLessThan(5000);
  await error.getByRole('button', { name: 'Show all of it (20,002 lines)' }).click();
  await eventually(async () => (await error.textContent())?.length ?? 0).toBeGreaterThan(700_000);
});

it('draws the latest of many attempts, the others when somebody asks for them', async () => {
  const { api } = suite;
  await createRun(api, 'stubborn');
  await addTask(api, 'stubborn', 'n1');
  for (let attempt = 1; attempt <= 45; attempt++)
    await becomes(api, 'stubborn', Phase.FAILED, {
      action: 'n1',
      attempt,
      errorInfo: { code: '', message: `try ${attempt}`, kind: 1 },
    });
  const page = await suite.open(`${base}/runs/stubborn/actions/n1`);
  const attempts = page.getByRole('region', { name: 'Attempts' });
  await attempts.getByRole('heading', { name: '45 attempts' }).waitFor();
  await attempts.getByText('Attempt 45', { exact: true }).waitFor();
  expect(await attempts.getByText('Attempt 25', { exact: true }).count()).toBe(0);
  await attempts.getByRole('button', { name: 'Show the 25 before' }).click();
  await attempts.getByText('Attempt 1', { exact: true }).waitFor();
});

it('says in words that a proxy refuses', async () => {
  const page = await suite.open(`${base}/runs`);
  await page.route('**/flyteidl2.**', (route) => route.fulfill({ status: 403, body: '<h1>Forbidden</h1>' }));
  await page.reload();
  await page.getByRole('alert').getByText('You may not do this: the service, or a proxy').first().waitFor();
  await page.getByRole('status').getByText('Not live').waitFor();
  await page.unroute('**/flyteidl2.**');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('table', { name: 'Runs' }).waitFor();
});
