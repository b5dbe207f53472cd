import { expect, it } from 'vitest';
import { readMarkdown } from './read-markdown.ts';

it('reads headings, paragraphs, lists and code', () => {
  expect(readMarkdown('# Go on?\nTwo\nlines\n\n* one\n* two\n1. first\n```\na *b*\n```')).toEqual([
    { kind: 'heading', content: [{ kind: 'text', text: 'Go on?' }] },
    { kind: 'paragraph', content: [{ kind: 'text', text: 'Two lines' }] },
    {
      kind: 'list',
      ordered: false,
      items: [
        [{ kind: 'text', text: 'one' }],
        [{ kind: 'text', text: 'two' }],
        [{ kind: 'text', text: 'first' }],
      ],
    },
    { kind: 'code', text: 'a *b*' },
  ]);
});

it('reads emphasis, code and links in a line', () => {
  expect(readMarkdown('Is **it** *ok*, `a_b_c`, [here](https://x.org/a)?')).toEqual([
    {
      kind: 'paragraph',
      content: [
        { kind: 'text', text: 'Is ' },
        { kind: 'strong', text: 'it' },
        { kind: 'text', text: ' ' },
        { kind: 'emphasis', text: 'ok' },
        { kind: 'text', text: ', ' },
        { kind: 'code', text: 'a_b_c' },
        { kind: 'text', text: ', ' },
        { kind: 'link', text: 'here', href: 'https://x.org/a' },
        { kind: 'text', text: '?' },
      ],
    },
  ]);
});

it('makes no links of what is no web address, and no HTML', () => {
  for (const text of ['[x](javascript:alert(1))', '<img src=x onerror=alert(1)>', 'snake_case_name']) {
    expect(readMarkdown(text)).toEqual([{ kind: 'paragraph', content: [{ kind: 'text', text }] }]);
  }
});
