import { describe, expect, it } from 'vitest';
import { parseProjectFilters } from './filters.ts';

describe('parseProjectFilters', () => {
  it.each([
    ['', []],
    ['  ', []],
    ['eq(state, 0)', [{ column: 'state', operator: '=', value: 0 }]],
    ['eq(state,ARCHIVED)', [{ column: 'state', operator: '=', value: 1 }]],
    ['ne(state, PROJECT_STATE_SYSTEM_GENERATED)', [{ column: 'state', operator: '!=', value: 2 }]],
    ['value_in(state, 0;archived)', [{ column: 'state', operator: 'in', values: [0, 1] }]],
    ['value_in(id,a; b;c)', [{ column: 'id', operator: 'in', values: ['a', 'b', 'c'] }]],
    ['eq(identifier, x)', [{ column: 'id', operator: '=', value: 'x' }]],
    ['contains( name , a b, c )', [{ column: 'name', operator: 'contains', value: 'a b, c' }]],
    ['contains(name, %2B%29%3B)', [{ column: 'name', operator: 'contains', value: '+);' }]],
    ['eq(name, 100%)', [{ column: 'name', operator: '=', value: '100%' }]],
    ['eq(name, )', [{ column: 'name', operator: '=', value: '' }]],
    [
      'gte(created_at, 2026-01-01T00:00:00+00:00)'.replace('+00:00', '%2B00:00'),
      [{ column: 'created_at', operator: '>=', value: '2026-01-01T00:00:00.000000Z' }],
    ],
    [
      'lt(updated_at, 2026-01-01)+gt(id, a)+lte(id, b)',
      [
        { column: 'updated_at', operator: '<', value: '2026-01-01T00:00:00.000000Z' },
        { column: 'id', operator: '>', value: 'a' },
        { column: 'id', operator: '<=', value: 'b' },
      ],
    ],
  ])('reads %j', (text, expected) => {
    expect(parseProjectFilters(text)).toEqual(expected);
  });

  it.each([
    ['state = 0', /not of the form function\(field, value\)/],
    ['eq(state, 0)+', /not of the form/],
    ['eq(state)', /not of the form/],
    [
      'eq(owner, me)',
      /unknown field "owner"; known are id, identifier, name, description, state, created_at/,
    ],
    ['eq(constructor, me)', /unknown field "constructor"/],
    ['like(name, me)', /unknown function "like"; known are eq, ne, lt, lte, gt, gte, value_in, contains/],
    ['toString(name, me)', /unknown function "toString"/],
    ['eq(state, 9)', /state "9" is unknown; known are 0 \(ACTIVE\)/],
    ['eq(state, )', /state "" is unknown/],
    ['eq(created_at, soon)', /created_at "soon" is not an RFC 3339 time/],
    ['contains(state, 0)', /contains works on id, name and description, not on state/],
    ['contains(name, )', /contains needs a value/],
    ['eq(name, a%00b)', /must not contain NUL/],
    [Array(21).fill('eq(id, a)').join('+'), /more than 20 conditions/],
    [`value_in(id, ${Array(101).fill('a').join(';')})`, /more than 100 values/],
  ])('refuses %j', (text, message) => {
    expect(() => parseProjectFilters(text)).toThrow(message);
  });
});
