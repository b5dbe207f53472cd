import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/** Fails with what axe finds on the page as it is shown. */
export async function expectAccessible(page: Page): Promise<void> {
  await still(page);
  await expectNothing(new AxeBuilder({ page }));
}

/** The same for what depends on colours alone: enough for a page that was looked at in other colours. */
export async function expectReadable(page: Page): Promise<void> {
  await still(page);
  await expectNothing(new AxeBuilder({ page }).withRules(['color-contrast', 'link-in-text-block']));
}

/** Ends colours that are on their way to others: a page behind others is painted too seldom to get there by itself. */
async function still(page: Page): Promise<void> {
  await page.evaluate(`for (const animation of document.getAnimations())
    if (animation.effect?.getComputedTiming().iterations !== Infinity) animation.finish()`);
}

async function expectNothing(axe: AxeBuilder): Promise<void> {
  // Pages have no frames that axe could look into, so that it need not open a page of its own for what it found.
  const { violations } = await axe.setLegacyMode().analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  expect(found).toEqual([]);
}
