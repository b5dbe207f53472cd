import { expect, it } from 'vitest';
import { shownTab, tabAfter, tabsOf } from './tabs.ts';

it('shows the wanted tab where the action has it, else its first', () => {
  expect(shownTab('task', 'logs')).toBe('logs');
  expect(shownTab('trace', 'logs')).toBe('overview');
  expect(shownTab('condition', undefined)).toBe('condition');
  expect(shownTab('task', 'condition')).toBe('overview');
});

it('goes round in both directions', () => {
  expect(tabAfter('task', 'overview', 1)).toBe('values');
  expect(tabAfter('task', 'overview', -1)).toBe('report');
  expect(tabAfter('trace', 'spec', 1)).toBe(tabsOf('trace')[0]);
});
