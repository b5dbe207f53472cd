import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { ArtifactType } from '../../src/gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import { expectAccessible, expectReadable } from './accessible.ts';
import { actionId, base, consoleSuite, eventually, scope } from './harness.ts';
import { uploadFile, uploadOutputs } from './seed-outputs.ts';
import { becomes, createRun, Phase, specOf } from './stories.ts';

const suite = consoleSuite(0);
const owner = { org: 'default', ...scope };
const code = new TextEncoder().encode('print("hello")');
const FILE = 's3://lake/orders/part-0001.csv';
const FOLDER = 's3://lake/orders/all';
let stored = '';

/** The spec of a task that loads its code from there. */
function specWith(uri: string) {
  const spec = specOf('demo.main');
  const target = spec.taskTemplate?.target;
  if (target?.case !== 'container') throw new Error('The sample task has no container.');
  target.value.args.push('--tgz', uri);
  return spec;
}

beforeAll(async () => {
  const { api, transport } = suite;
  stored = await uploadFile(transport, owner, 'bundles', 'fast-1.tar.gz', code);
  await createRun(api, 'with-code', { task: { case: 'taskSpec', value: specWith(stored) } });
  await createRun(api, 'without', { task: { case: 'taskSpec', value: specWith(`${stored}.gone`) } });
  for (const run of ['with-code', 'without']) await becomes(api, run, Phase.RUNNING);
  const blob = (name: string, uri: string, format: string, dimensionality: number) => ({
    name,
    value: {
      value: {
        case: 'scalar' as const,
        value: {
          value: { case: 'blob' as const, value: { uri, metadata: { type: { format, dimensionality } } } },
        },
      },
    },
  });
  const outputUri = await uploadOutputs(transport, owner, 'with-code', [
    blob('o0', FILE, 'csv', 0),
    blob('o1', FOLDER, '', 1),
  ]);
  await becomes(api, 'with-code', Phase.SUCCEEDED, { outputs: { outputUri } });
});

const panel = (page: Page) => page.getByRole('complementary', { name: 'Action a0' });

async function checked(page: Page): Promise<void> {
  await expectAccessible(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.locator('html[data-mantine-color-scheme="dark"]').waitFor();
  await expectReadable(page);
}

it('saves the code that a task ran', async () => {
  const page = await suite.open(`${base}/runs/with-code/actions/a0?tab=spec`);
  const section = panel(page).getByRole('region', { name: 'Code' });
  await section.getByText(stored).waitFor();
  await checked(page);
  const download = page.waitForEvent('download');
  await section.getByRole('button', { name: 'Save the code' }).click();
  const saved = await download;
  expect(saved.suggestedFilename()).toBe('fast-1.tar.gz');
  expect(new Uint8Array(await readFile(await saved.path()))).toEqual(code);
  const { preSignedUrls } = await suite.api.data.createDownloadLink({
    artifactType: ArtifactType.CODE_BUNDLE,
    source: { case: 'actionAttemptId', value: { actionId: actionId('with-code'), attempt: 1 } },
  });
  const answer = await fetch(preSignedUrls?.signedUrl[0] ?? '');
  expect(new Uint8Array(await answer.arrayBuffer())).toEqual(code);
});

it('says so when the code is gone', async () => {
  const page = await suite.open(`${base}/runs/without/actions/a0?tab=spec`);
  const section = panel(page).getByRole('region', { name: 'Code' });
  await section.getByRole('button', { name: 'Save the code' }).click();
  await section.getByRole('alert').getByText('is not in the storage of this service').waitFor();
});

it('tells where files and folders lie, which nothing of the contract can sign', async () => {
  const page = await suite.open(`${base}/runs/with-code/actions/a0?tab=values`);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const outputs = panel(page).getByRole('region', { name: 'Outputs' });
  await outputs.getByText('File · csv').waitFor();
  await outputs.getByText('Directory').waitFor();
  for (const [index, uri] of [FILE, FOLDER].entries()) {
    await outputs.getByText(uri, { exact: true }).waitFor();
    await outputs.getByRole('button', { name: 'Copy where it lies' }).nth(index).click();
    await eventually(() => page.evaluate('navigator.clipboard.readText()')).toBe(uri);
  }
  await checked(page);
  const { outputs: known } = await suite.api.data.getActionData({ actionId: actionId('with-code') });
  expect(known?.literals.map(({ name }) => name)).toEqual(['o0', 'o1']);
});

it('copies where the browser has no clipboard for pages, as over plain HTTP from another machine', async () => {
  const page = await suite.open(`${base}/tasks`);
  await page.addInitScript("Object.defineProperty(navigator, 'clipboard', { get: () => undefined })");
  await page.goto(`${suite.url}${base}/runs/with-code/actions/a0?tab=values`);
  const copy = panel(page).getByRole('button', { name: 'Copy where it lies' }).first();
  await copy.click();
  expect(await copy.evaluate((button) => button === button.ownerDocument.activeElement)).toBe(true);
  const field = page.getByLabel('Find actions by name');
  await field.click();
  await page.keyboard.press('Control+v');
  await eventually(() => field.inputValue()).toBe(FILE);
});
