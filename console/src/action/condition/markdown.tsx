import { createElement, type ReactNode } from 'react';
import styles from './condition.module.css';
import { type Block, type Inline, readMarkdown } from './read-markdown.ts';

/** A prompt in Markdown, as elements of the page: nothing of it is ever HTML. */
export function Markdown({ text }: { readonly text: string }) {
  // The pieces are handed over one by one: a text that is read anew has no pieces that could be recognized.
  return createElement('div', { className: styles.markdown }, ...readMarkdown(text).map(blockOf));
}

function blockOf(block: Block): ReactNode {
  switch (block.kind) {
    case 'heading':
      return createElement('p', { className: styles.heading }, ...block.content.map(inlineOf));
    case 'paragraph':
      return createElement('p', null, ...block.content.map(inlineOf));
    case 'code':
      return <pre className={styles.code}>{block.text}</pre>;
    case 'list': {
      const items = block.items.map((item) => createElement('li', null, ...item.map(inlineOf)));
      return createElement(block.ordered ? 'ol' : 'ul', null, ...items);
    }
  }
}

function inlineOf(part: Inline): ReactNode {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'strong':
      return <strong>{part.text}</strong>;
    case 'emphasis':
      return <em>{part.text}</em>;
    case 'code':
      return <code>{part.text}</code>;
    case 'link':
      return (
        <a href={part.href} target="_blank" rel="noreferrer">
          {part.text}
        </a>
      );
  }
}
