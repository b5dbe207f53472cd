import { IconChevronRight, IconFile, IconFolder, IconTable } from '@tabler/icons-react';
import { useState } from 'react';
import { CopyButton } from '../../shared/copy-button.tsx';
import { FoldedText, foldedText } from '../folded-text.tsx';
import { type Place, type Shown, sizeText } from './shown.ts';
import styles from './values.module.css';

/** How many elements are shown before somebody asks for more, and how many come then. */
const FIRST = 50;
const MORE = 500;
/** A value that is written shorter than this stands on one line. */
const SHORT = 72;

/** A value, as a person reads it. */
export function ValueView({ shown, depth = 0 }: { readonly shown: Shown; readonly depth?: number }) {
  const line = inLine(shown);
  if (line !== undefined) return <span className={styles.inline}>{line}</span>;
  switch (shown.kind) {
    case 'text':
      return <FoldedText text={shown.text} what="the text" />;
    case 'place':
      return <PlaceView place={shown} />;
    case 'list':
      if (isNumbers(shown.items)) return <FoldedText text={wordsText(shown.items)} what="the list" />;
      return <Many entries={shown.items.map((item, i) => [String(i), item])} depth={depth} brackets="[]" />;
    case 'object':
      return <Many entries={shown.entries} depth={depth} brackets="{}" />;
    case 'error':
      return <FoldedText text={shown.message} what="the error" end />;
    default:
      return null;
  }
}

/** Whether a value is shown in a line. */
export function isShort(shown: Shown): boolean {
  return inLine(shown) !== undefined;
}

/** Words, and lists of few words. */
function inLine(shown: Shown): React.ReactNode {
  switch (shown.kind) {
    case 'word':
      return (
        <span className={styles.word} data-tone={shown.tone}>
          {shown.text}
        </span>
      );
    case 'none':
      return <span className={styles.none}>None</span>;
    case 'binary':
      return (
        <span className="muted">
          {sizeText(shown.size)} of {shown.tag || 'binary data'}
        </span>
      );
    case 'text':
      if (shown.text === '') return <span className={styles.none}>empty text</span>;
      if (shown.text.includes('\n') || foldedText(shown.text, false) !== undefined) return undefined;
      return <span className={styles.plain}>{shown.text}</span>;
    case 'list':
      return shortText(shown) === undefined ? undefined : (
        <span className={styles.word}>{shortText(shown)}</span>
      );
    case 'object':
      return shown.entries.length === 0 ? <span className={styles.word}>{'{}'}</span> : undefined;
    default:
      return undefined;
  }
}

/** Beyond this, a list is shown a part at a time, whatever is in it. */
const MOST_WORDS = 20_000;

/** Numbers and the like stand one behind the other; people look at them as a whole. */
function isNumbers(items: readonly Shown[]): boolean {
  return items.length <= MOST_WORDS && items.every(({ kind }) => kind === 'word' || kind === 'none');
}

function wordsText(items: readonly Shown[]): string {
  return `[${items.map((item) => (item.kind === 'word' ? item.text : 'None')).join(', ')}]`;
}

/** A list of words as one line; undefined if it is no such list or too long. */
function shortText(shown: Extract<Shown, { kind: 'list' }>): string | undefined {
  if (shown.items.length > SHORT) return undefined;
  const words: string[] = [];
  for (const item of shown.items) {
    if (item.kind === 'word') words.push(item.text);
    else if (item.kind === 'none') words.push('None');
    else if (item.kind === 'text') words.push(JSON.stringify(item.text));
    else return undefined;
  }
  const text = `[${words.join(', ')}]`;
  return text.length <= SHORT ? text : undefined;
}

interface ManyProps {
  readonly entries: readonly (readonly [string, Shown])[];
  readonly depth: number;
  readonly brackets: '[]' | '{}';
}

function Many({ entries, depth, brackets }: ManyProps) {
  const [open, setOpen] = useState(depth < 2);
  const [count, setCount] = useState(FIRST);
  const what = brackets === '[]' ? ['element', 'elements'] : ['entry', 'entries'];
  const many = `${entries.length.toLocaleString('en-US')} ${what[entries.length === 1 ? 0 : 1]}`;
  return (
    <div className={styles.many}>
      <button type="button" className={styles.fold} aria-expanded={open} onClick={() => setOpen(!open)}>
        <IconChevronRight size={14} aria-hidden />
        {many}
      </button>
      {open && (
        <dl className={styles.entries}>
          {entries.slice(0, count).map(([key, value]) => (
            <div key={key} className={styles.entry}>
              <dt data-index={brackets === '[]' || undefined}>{key}</dt>
              <dd>
                <ValueView shown={value} depth={depth + 1} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {open && entries.length > count && (
        <button type="button" className={styles.fold} onClick={() => setCount(count + MORE)}>
          Show {Math.min(MORE, entries.length - count).toLocaleString('en-US')} more of{' '}
          {entries.length.toLocaleString('en-US')}
        </button>
      )}
    </div>
  );
}

const ICONS = {
  file: IconFile,
  pickle: IconFile,
  value: IconFile,
  directory: IconFolder,
  dataframe: IconTable,
  schema: IconTable,
};
const WORDS: Readonly<Record<Place['what'], string>> = {
  file: 'File',
  pickle: 'Pickle',
  value: 'Large value, kept in a file',
  directory: 'Directory',
  dataframe: 'DataFrame',
  schema: 'Schema',
};

function PlaceView({ place: { what, uri, format, size, columns } }: { readonly place: Place }) {
  const Icon = ICONS[what];
  const facts = [
    WORDS[what],
    format === '' || format === 'PythonPickle' ? undefined : format,
    size === undefined ? undefined : sizeText(size),
    columns.length === 0 ? undefined : `${columns.length} columns`,
  ].filter((fact) => fact !== undefined);
  return (
    <div className={styles.place}>
      <div className={styles.placeHead}>
        <Icon size={16} aria-hidden />
        <span>{facts.join(' · ')}</span>
        <CopyButton value={uri} what="where it lies" />
      </div>
      {/^https?:\/\//.test(uri) ? (
        <a href={uri} target="_blank" rel="noreferrer" className={styles.uri}>
          {uri}
        </a>
      ) : (
        <span className={styles.uri}>{uri || 'nowhere'}</span>
      )}
      {columns.length > 0 && (
        <details>
          <summary className={styles.summary}>Columns</summary>
          <dl className={styles.columns}>
            {columns.map(([name, type]) => (
              <div key={name}>
                <dt className="mono">{name}</dt>
                <dd className="muted">{type}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </div>
  );
}
