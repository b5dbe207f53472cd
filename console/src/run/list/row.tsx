import { IconBolt, IconChevronRight, IconFolder, IconHandStop, IconRoute } from '@tabler/icons-react';
import { memo } from 'react';
import { CatalogCacheStatus } from '../../../../src/gen/flyteidl2/core/catalog_pb.js';
import { PhaseIcon } from '../../shared/phase-badge.tsx';
import { Duration, Time } from '../../shared/time.tsx';
import { Bar } from '../timeline/bar.tsx';
import type { Bars } from '../timeline/use-timeline.ts';
import { isTerminal } from '../../shared/phase.ts';
import { type TreeItem, typeOf, unfinished } from '../tree/item.ts';
import { Counts } from './counts.tsx';
import styles from './run-list.module.css';

interface RowProps {
  readonly item: TreeItem;
  /** Of the item: it changes in place. */
  readonly revision: number;
  readonly folded: boolean;
  readonly index: number;
  readonly top: number;
  readonly cursor: boolean;
  readonly opened: boolean;
  /** The time that bars are drawn in; undefined for numbers instead of bars. */
  readonly bars: Bars | undefined;
  readonly onChoose: (item: TreeItem) => void;
  readonly onToggle: (item: TreeItem) => void;
}

/** The id of a line in the page. */
export function rowId(id: string): string {
  return `line-${id}`;
}

/** One line of the list. */
export const Row = memo(function Row(props: RowProps) {
  const { item, folded, index, top, cursor, opened, bars, onChoose } = props;
  return (
    // The keys that work on the line work on the whole page.
    <tr
      id={rowId(item.id)}
      tabIndex={-1}
      aria-level={item.depth + 1}
      aria-rowindex={index + 2}
      aria-selected={opened}
      {...(item.children.length > 0 && { 'aria-expanded': !folded })}
      className={styles.row}
      data-cursor={cursor || undefined}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => onChoose(item)}
      onKeyDown={() => undefined}
    >
      <Name {...props} />
      {bars === undefined ? <Numbers item={item} /> : <Bar item={item} bars={bars} />}
    </tr>
  );
});

function Name({ item, folded, onToggle }: RowProps) {
  const hasChildren = item.children.length > 0;
  const group = item.kind === 'group';
  return (
    <td className={styles.name} style={{ paddingLeft: 8 + Math.min(item.depth, 24) * 16 }}>
      {hasChildren ? (
        <button
          type="button"
          className={styles.fold}
          data-folded={folded || undefined}
          tabIndex={-1}
          aria-label={`${folded ? 'Unfold' : 'Fold'} ${item.label}`}
          onClick={(event) => {
            event.stopPropagation();
            onToggle(item);
          }}
        >
          <IconChevronRight size={14} />
        </button>
      ) : (
        <span className={styles.fold} />
      )}
      <PhaseIcon phase={item.phase} titled />
      {group && <IconFolder size={14} className="muted" aria-label="Group" />}
      <span className={styles.label} data-group={group || undefined}>
        {item.label}
      </span>
      {group ? <span className={styles.id}>{item.total.toLocaleString('en')}</span> : <Kind item={item} />}
    </td>
  );
}

function Kind({ item }: { readonly item: TreeItem }) {
  const type = typeOf(item.action);
  const cached = item.action?.status?.cacheStatus === CatalogCacheStatus.CACHE_HIT;
  return (
    <>
      {type === 'trace' && <IconRoute size={13} className="muted" aria-label="Trace" />}
      {type === 'condition' && <IconHandStop size={13} className="muted" aria-label="Condition" />}
      {cached && <IconBolt size={13} className="muted" aria-label="From the cache" />}
      {item.label !== item.id && <span className={styles.id}>{item.id}</span>}
    </>
  );
}

function Numbers({ item }: { readonly item: TreeItem }) {
  const attempts = item.action?.status?.attempts ?? 0;
  return (
    <>
      <td>
        <Counts counts={item.counts} total={item.total} />
      </td>
      <td className={styles.number}>{attempts > 1 ? attempts : ''}</td>
      <td className={styles.number}>
        <Time at={known(item.start)} />
      </td>
      <td className={styles.number}>
        <Duration
          from={known(item.start)}
          to={isOver(item) ? (known(item.end) ?? known(item.start)) : undefined}
        />
      </td>
    </>
  );
}

function isOver(item: TreeItem): boolean {
  return item.kind === 'group' ? unfinished(item.counts) === 0 : isTerminal(item.phase);
}

function known(time: number): number | undefined {
  return Number.isNaN(time) ? undefined : time;
}
