import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/** Fails with what axe finds on the page as it is shown. */
export function expectAccessible(page: Page): Promise<void> {
  return expectNothing(new AxeBuilder({ page }));
}

/** The same for what depends on colours alone: enough for a page that was looked at in other colours. */
export function expectReadable(page: Page): Promise<void> {
  return expectNothing(new AxeBuilder({ page }).withRules(['color-contrast', 'link-in-text-block']));
}

async function expectNothing(axe: AxeBuilder): Promise<void> {
  // Pages have no frames that axe could look into, so that it need not open a page of its own for what it found.
  const { violations } = await axe.setLegacyMode().analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  expect(found).toEqual([]);
}
