import { Button } from '@mantine/core';
import { useState } from 'react';
import styles from './compare-page.module.css';
import { compare, type Row } from './rows.ts';

interface CompareSectionProps {
  readonly title: string;
  readonly a: ReadonlyMap<string, string>;
  readonly b: ReadonlyMap<string, string>;
  /** What stands there if neither run has anything. */
  readonly none?: string;
}

/** More rows than anybody reads would only make the page slow. */
const MOST = 300;

/** One part of two runs: rows that differ; those that do not are unfolded on demand. */
export function CompareSection({ title, a, b, none }: CompareSectionProps) {
  const [open, setOpen] = useState(false);
  const present = (side: ReadonlyMap<string, string>) => new Map([...side].filter(([, text]) => text !== ''));
  const { different, same } = compare(present(a), present(b));
  const empty = different.length + same.length === 0;
  return (
    <section className={styles.section} aria-label={title}>
      <h2 className={styles.title}>
        {title}
        <span className="muted">
          {empty ? '' : different.length === 0 ? ' the same' : ` ${different.length} different`}
        </span>
      </h2>
      {empty && none !== undefined && <p className={styles.none}>{none}</p>}
      {different.length > 0 && <Rows rows={different} differ />}
      {same.length > 0 && (
        <Button
          size="compact-xs"
          variant="subtle"
          className={styles.fold}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          {open ? 'Hide' : 'Show'} {same.length} that are the same
        </Button>
      )}
      {open && <Rows rows={same} />}
    </section>
  );
}

function Rows({ rows, differ = false }: { readonly rows: readonly Row[]; readonly differ?: boolean }) {
  return (
    <>
      <dl className={styles.rows} data-differ={differ || undefined}>
        {rows.slice(0, MOST).map(({ name, a, b }) => (
          <div key={name} className={styles.row}>
            <dt>{name}</dt>
            <dd>{a === undefined ? <span className="muted">not there</span> : <pre>{a}</pre>}</dd>
            <dd>{b === undefined ? <span className="muted">not there</span> : <pre>{b}</pre>}</dd>
          </div>
        ))}
      </dl>
      {rows.length > MOST && <p className={styles.none}>and {rows.length - MOST} more</p>}
    </>
  );
}
