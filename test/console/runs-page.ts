import type { Page } from 'playwright-core';

/** The runs in the list, by name. */
export async function shownRuns(page: Page): Promise<string[]> {
  const names = await page
    .locator('tr[data-run]')
    .evaluateAll((lines) => lines.map((line): string => line.getAttribute('data-run') ?? ''));
  return names.sort();
}

/** Opens the list of a filter, looks for an entry and chooses it. */
export async function choose(page: Page, filter: string, entry: string, typed = entry): Promise<void> {
  await page.getByRole('button', { name: filter, exact: true }).click();
  await page.getByLabel(`${filter}: search`).fill(typed);
  await page.getByRole('option', { name: entry }).first().click();
  await page.keyboard.press('Escape');
}
