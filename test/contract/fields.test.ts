import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { contractTypes } from './services.ts';
import { shapeOf } from './shape.ts';

/** Entries of published.txt by their heading; comments and blank lines stand between them. */
function readPublished(): Map<string, string> {
  const text = readFileSync(new URL('./published.txt', import.meta.url), 'utf8');
  const blocks = text.split('\n\n').map((block) => block.trim());
  return new Map(
    blocks.filter((block) => !block.startsWith('#')).map((block) => [block.split('\n', 1)[0] ?? '', block]),
  );
}

describe('the wire contract', () => {
  const published = readPublished();
  const ours = new Map(contractTypes().map((type) => [`${type.kind} ${type.typeName}`, shapeOf(type)]));

  it('has the published services, messages and enums, and no others', () => {
    expect([...ours.keys()].sort()).toEqual([...published.keys()].sort());
    expect([...ours.keys()].filter((name) => name.startsWith('service ')).length).toBeGreaterThanOrEqual(15);
  });

  it.each([...published.keys()])('%s is as published', (name) => {
    expect(ours.get(name)).toBe(published.get(name));
  });
});
