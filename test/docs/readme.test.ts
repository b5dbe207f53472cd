import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { withReference } from '../../scripts/write-reference.ts';

const root = dirname(dirname(import.meta.dirname));
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const pages = ['README.md', 'docs/architecture.md', 'docs/console.md'];

test('the table of the configuration is up to date (else: node scripts/write-reference.ts)', () => {
  expect(read('README.md')).toBe(withReference(read('README.md')));
});

test.each(pages)('%s links to files and headings that exist', (page) => {
  const broken = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    if (/^https?:/.test(link)) return [];
    const [path = '', heading] = link.split('#');
    const file = path === '' ? page : join(dirname(page), path);
    if (!existsSync(join(root, file))) return [link];
    if (heading === undefined) return [];
    return headings(read(file)).includes(heading) ? [] : [link];
  });
  expect(broken).toEqual([]);
});

test.each(pages)('%s names only files of this project', (page) => {
  const named = [
    ...read(page).matchAll(/`((?:src|client|test|scripts|migrations|docs|proto|examples)\/[\w./-]+)`/g),
  ];
  const missing = named.map(([, path = '']) => path).filter((path) => !existsSync(join(root, path)));
  expect(missing).toEqual([]);
});

test('each make target that the README names exists', () => {
  const targets = [...read('Makefile').matchAll(/^([a-z0-9-]+):/gm)].map(([, name]) => name);
  const named = [...read('README.md').matchAll(/\bmake ((?:[a-z0-9]+-?)+)(?=[\s`])/g)].map(
    ([, name]) => name,
  );
  const code = named.filter((name) => read('README.md').includes(`\`make ${name}`));
  expect(code.length).toBeGreaterThan(3);
  expect(code.filter((name) => !targets.includes(name ?? ''))).toEqual([]);
});

/** The anchors of a page's headings, as GitHub makes them. */
function headings(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  );
}
