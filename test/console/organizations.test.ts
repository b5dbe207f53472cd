import { beforeAll, expect, it } from 'vitest';
import { expectAccessible, expectReadable } from './accessible.ts';
import { base, consoleSuite, eventually, scope } from './harness.ts';
import { shownRuns } from './runs-page.ts';
import { specOf } from './stories.ts';

const suite = consoleSuite(0, { RUNS_ORGANIZATIONS: 'separate' });

beforeAll(async () => {
  for (const [org, name] of [
    ['acme', 'same-name'],
    ['acme', 'of-acme'],
    ['globex', 'same-name'],
    ['globex', 'of-globex'],
  ] as const) {
    await suite.api.runs.createRun({
      id: { case: 'runId', value: { org, ...scope, name } },
      task: { case: 'taskSpec', value: specOf(`${org}.main`) },
    });
  }
});

const organizationIn = (address: string) => new URL(address).searchParams.get('org');

/** Names of the runs that the service has in the organization. */
async function runsOf(org: string): Promise<string[]> {
  const { runs } = await suite.api.runs.listRuns({
    scopeBy: {
      case: 'projectId',
      value: { organization: org, domain: scope.domain, name: scope.project },
    },
    request: { limit: 50 },
  });
  return runs.map(({ action }) => action?.id?.run?.name ?? '').sort();
}

it('asks which organization, and shows what belongs to it on every page from there', async () => {
  const page = await suite.open('/');
  // What Flyte's clients make of the address.
  await page.getByRole('heading', { name: 'No project in the organization “127” yet' }).waitFor();
  const field = page.getByRole('combobox', { name: 'Organization' });
  await field.fill('Not A Name');
  expect(await page.getByRole('button', { name: 'Show its projects' }).isDisabled()).toBe(true);
  await field.fill('acme');
  await field.press('Enter');
  await page.getByRole('link', { name: 'development' }).waitFor();
  await expectAccessible(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.locator('html[data-mantine-color-scheme="dark"]').waitFor();
  await expectReadable(page);
  await page.getByRole('link', { name: 'development' }).click();
  await eventually(() => shownRuns(page)).toEqual(['of-acme', 'same-name']);
  expect(organizationIn(page.url())).toBe('acme');
  await page.getByRole('banner').getByTitle('Organization acme').waitFor();
  await page.locator('tr[data-run="same-name"]').getByRole('link', { name: 'same-name' }).click();
  await page.getByRole('region', { name: 'The run' }).getByText('acme.main').first().waitFor();
  expect(organizationIn(page.url())).toBe('acme');
  await page.getByRole('link', { name: 'Tasks', exact: true }).click();
  await page.waitForURL(`**${base}/tasks?org=acme`);
});

it('opens addresses of other organizations, and remembers the last for addresses that name none', async () => {
  const page = await suite.open(`${base}/runs?org=globex&name=of`);
  await eventually(() => shownRuns(page)).toEqual(['of-globex']);
  // As the SDK prints it.
  await page.goto(`${suite.url}${base}/runs/same-name`);
  await page.getByRole('region', { name: 'The run' }).getByText('globex.main').first().waitFor();
  await eventually(() => organizationIn(page.url())).toBe('globex');
  await page.goto(`${suite.url}${base}/runs?org=acme`);
  await eventually(() => shownRuns(page)).toEqual(['of-acme', 'same-name']);
  await page.goBack();
  await page.getByRole('region', { name: 'The run' }).getByText('globex.main').first().waitFor();
});

it('starts runs in the organization that is shown', async () => {
  const before = await runsOf('acme');
  const page = await suite.open(`${base}/runs/same-name?org=globex`);
  await page.getByRole('button', { name: 'Re-run', exact: true }).click();
  await page.waitForURL((url) => !url.pathname.endsWith('/same-name'));
  const name = decodeURIComponent(new URL(page.url()).pathname.split('/').at(-1) ?? '');
  expect(organizationIn(page.url())).toBe('globex');
  expect(await runsOf('globex')).toEqual([name, 'of-globex', 'same-name'].sort());
  expect(await runsOf('acme')).toEqual(before);
});
