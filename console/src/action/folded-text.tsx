import { useState } from 'react';
import { CopyButton } from '../shared/copy-button.tsx';
import styles from './folded-text.module.css';

/** What is shown of a long text before somebody asks for all of it. */
const LINES = 14;
const CHARACTERS = 1200;

interface FoldedTextProps {
  readonly text: string;
  /** What it is, as in "Copy the message". */
  readonly what: string;
  /** Of a long text, show the end instead of the beginning: there stack traces say what happened. */
  readonly end?: boolean;
}

/** A text in its own lines, folded where it is long, with all of it to copy. */
export function FoldedText({ text, what, end = false }: FoldedTextProps) {
  const [open, setOpen] = useState(false);
  const short = foldedText(text, end);
  const shown = open || short === undefined ? text : short;
  return (
    <div className={styles.block}>
      <pre className={styles.text}>{shown}</pre>
      <div className={styles.tools}>
        <CopyButton value={text} what={what} />
      </div>
      {short !== undefined && (
        <button type="button" className={styles.more} aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? 'Show less' : `Show all of it (${sizeOf(text)})`}
        </button>
      )}
    </div>
  );
}

/** What stands for a long text, its beginning or its end; undefined if it is short enough to be shown as a whole. */
export function foldedText(text: string, end: boolean): string | undefined {
  const lines = text.split('\n');
  if (lines.length <= LINES + 2 && text.length <= CHARACTERS + 200) return undefined;
  const some = (end ? lines.slice(-LINES) : lines.slice(0, LINES)).join('\n');
  if (some.length <= CHARACTERS) return end ? `…\n${some}` : `${some}\n…`;
  return end ? `…${some.slice(-CHARACTERS)}` : `${some.slice(0, CHARACTERS)}…`;
}

function sizeOf(text: string): string {
  const lines = text.split('\n').length;
  return lines > 1
    ? `${lines.toLocaleString('en-US')} lines`
    : `${text.length.toLocaleString('en-US')} characters`;
}
