import { expect, it } from 'vitest';
import { base, consoleSuite, eventually } from './harness.ts';
import { shownRuns } from './runs-page.ts';
import { addTask, becomes, createRun, Phase } from './stories.ts';

const suite = consoleSuite(0);

it('comes back by itself when the service does, and shows what is true then', async () => {
  const { api } = suite;
  await createRun(api, 'before');
  await becomes(api, 'before', Phase.RUNNING);
  const list = await suite.open(`${base}/runs`);
  const run = await suite.open(`${base}/runs/before`);
  for (const page of [list, run]) {
    await page.getByRole('status').getByText('Live').waitFor();
    await page.evaluate('globalThis.samePage = true');
  }
  await suite.stop();
  for (const page of [list, run]) await page.getByRole('status').getByText('Reconnecting').waitFor();
  for (const page of [list, run])
    await page.getByRole('alert').getByText('the page goes on by itself').waitFor();
  // What was known stays in sight.
  expect(await shownRuns(list)).toEqual(['before']);
  await suite.start();
  await addTask(api, 'before', 'n1');
  await becomes(api, 'before', Phase.SUCCEEDED);
  await createRun(api, 'after');
  for (const page of [list, run])
    await page
      .getByRole('status')
      .getByText(/Live|Complete/)
      .waitFor();
  for (const page of [list, run]) await page.getByRole('alert').waitFor({ state: 'hidden' });
  await eventually(() => shownRuns(list)).toEqual(['after', 'before']);
  await list.locator('tr[data-run="before"]').getByText('Succeeded').waitFor();
  await run.getByRole('region', { name: 'The run' }).getByText('Succeeded', { exact: true }).waitFor();
  await run.getByText('2 actions', { exact: true }).waitFor();
  for (const page of [list, run]) expect(await page.evaluate('globalThis.samePage')).toBe(true);
});
