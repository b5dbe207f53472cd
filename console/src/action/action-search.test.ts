import { expect, it } from 'vitest';
import { parseActionSearch } from './action-search.ts';

it('reads its own parameters and leaves out what it does not understand', () => {
  expect(
    parseActionSearch({ tab: 'logs', attempt: '2', line: '105', grep: 'Error', wide: '1', view: 'graph' }),
  ).toEqual({ tab: 'logs', attempt: '2', line: '105', grep: 'Error', wide: '1' });
  expect(parseActionSearch({ tab: 'nonsense', attempt: '0', line: '-4', grep: '', wide: 'yes' })).toEqual({});
  expect(parseActionSearch({ attempt: '1e3', line: ['7', '9'] })).toEqual({ line: '9' });
});
