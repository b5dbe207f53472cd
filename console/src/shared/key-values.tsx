import type { ReactNode } from 'react';
import styles from './key-values.module.css';

/** Names and values, one pair to a line, aligned. Pairs without a value are left out. */
export function KeyValues({ pairs }: { readonly pairs: readonly (readonly [string, ReactNode])[] }) {
  const shown = pairs.filter(([, value]) => value !== undefined && value !== null && value !== '');
  return (
    <dl className={styles.list}>
      {shown.map(([name, value]) => (
        <div key={name} className={styles.pair}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
