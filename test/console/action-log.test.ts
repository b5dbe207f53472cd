import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OutputsSchema } from '../../src/gen/flyteidl2/task/common_pb.js';
import { base, consoleSuite, eventually } from './harness.ts';
import { createRun, integer, specOf } from './stories.ts';

// Here the service runs the task itself: a script of the shell.
const suite = consoleSuite(0, { EXECUTOR_KIND: 'process' });
const folder = mkdtempSync(join(tmpdir(), 'runs-console-log-'));
const outputs = Buffer.from(
  toBinary(OutputsSchema, create(OutputsSchema, { literals: [integer('o0', 77n)] })),
);
const report = `<h1 id="seen">Written by the task</h1><script>
document.getElementById('seen').textContent += ', ' + window.origin</script>`;

/** Fails at first. Then prints, waits for a file, and writes a report and an output. */
const script = `
if [ ! -e "$2/tried" ]; then : > "$2/tried"; echo "the first try"; exit 3; fi
i=1; while [ $i -le 300 ]; do echo "line $i of many"; i=$((i + 1)); done
while [ ! -e "$2/go" ]; do sleep 0.05; done
echo "the very last"
mkdir -p "$1"
printf '%s' "$3" > "$1/report.html"
printf '%s' "$4" | base64 -d > "$1/outputs.pb"`;

beforeAll(async () => {
  const spec = specOf('demo.main');
  const template = spec.taskTemplate;
  if (template?.target.case !== 'container') throw new Error('The sample task has no container.');
  template.target.value.command = ['/bin/sh'];
  template.target.value.args = [
    '-c',
    script,
    'task',
    '{{.outputPrefix}}',
    folder,
    report,
    outputs.toString('base64'),
  ];
  if (template.metadata !== undefined) template.metadata.generatesDeck = true;
  await createRun(suite.api, 'printing', { task: { case: 'taskSpec', value: spec } });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const log = `${base}/runs/printing/actions/a0?tab=logs`;
const lines = (page: Page) => page.getByRole('region', { name: 'Lines of the log' });
const row = (page: Page, line: number) =>
  lines(page)
    .locator('div')
    .filter({ has: page.getByRole('link', { name: `Line ${line}`, exact: true }) })
    .last();

it('follows the log while the task prints, and keeps that of each attempt', async () => {
  const page = await suite.open(log);
  await page.getByText('Live · 300 lines').waitFor();
  await lines(page).getByText('line 300 of many').waitFor();
  // Only what is in view is in the page.
  expect(await lines(page).getByRole('link').count()).toBeLessThan(120);
  writeFileSync(join(folder, 'go'), '');
  await lines(page).getByText('the very last').waitFor();
  await page.getByText('301 lines', { exact: true }).waitFor();
  await page.getByText('Succeeded', { exact: true }).first().waitFor();
  await page.getByLabel('Attempt', { exact: true }).selectOption({ label: 'Attempt 1: failed' });
  await lines(page).getByText('the first try').waitFor();
  await page.waitForURL('**&attempt=1');
  await page.reload();
  await lines(page).getByText('the first try').waitFor();
});

it('finds lines, links to one, and saves all of them', async () => {
  const page = await suite.open(log);
  await lines(page).getByText('the very last').waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('line 15');
  await page.getByText('11 lines', { exact: true }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByText('1 of 11 lines').waitFor();
  await row(page, 15).locator('mark').getByText('line 15').waitFor();
  await page.keyboard.press('Enter');
  await row(page, 150).getByText('of many').waitFor();
  // Until the list stands still, a click may miss it.
  await eventually(async () => {
    await page.getByRole('link', { name: 'Line 150', exact: true }).click();
    return page.url();
  }).toContain('&line=150');
  await page.reload();
  await lines(page).locator('[data-pointed]').getByText('line 150 of many').waitFor();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save the log' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('printing-a0-2.log');
  const saved = (await readFile(await download.path(), 'utf8')).split('\n');
  expect(saved).toHaveLength(302);
  expect(saved[300]).toBe('the very last');
});

it('shows the output, and the report in a frame that reaches nothing of the page', async () => {
  const page = await suite.open(`${base}/runs/printing/actions/a0?tab=values`);
  await page.getByRole('region', { name: 'Outputs' }).getByText('77', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Report' }).click();
  const frame = page.frameLocator('iframe');
  await eventually(() => frame.locator('h1').textContent()).toBe('Written by the task, null');
});
