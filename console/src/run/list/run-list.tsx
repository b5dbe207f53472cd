import { type Range, useVirtualizer, type VirtualItem } from '@tanstack/react-virtual';
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef } from 'react';
import { useFrameStore } from '../../api/use-page-stream.ts';
import { EmptyState } from '../../shared/empty-state.tsx';
import { useRun } from '../run-context.ts';
import { Axis } from '../timeline/axis.tsx';
import { Minimap } from '../timeline/minimap.tsx';
import { useTimeline } from '../timeline/use-timeline.ts';
import type { TreeItem } from '../tree/item.ts';
import { Row, rowId } from './row.tsx';
import styles from './run-list.module.css';

/** How high a line is, in pixels. */
export const ROW_HEIGHT = 28;

interface RunListProps {
  readonly mode: 'tree' | 'timeline';
  /** The line that keys act on. */
  readonly cursor: string | undefined;
  /** The action in the side panel. */
  readonly opened: string | undefined;
  readonly onCursor: (id: string) => void;
}

/** The tree of actions, line by line, with numbers or with bars in time. Only the lines that are seen are in the page. */
export function RunList({ mode, cursor, opened, onCursor }: RunListProps) {
  const { tree, openAction } = useRun();
  useFrameStore(tree.frames);
  const rows = tree.rows();
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_HEIGHT,
    getScrollElement: () => scroller.current,
    rangeExtractor: useEvenRange(),
    // The head stands above the lines, and on top of them when they are scrolled.
    scrollMargin: ROW_HEIGHT,
    scrollPaddingStart: ROW_HEIGHT,
    useFlushSync: false,
  });
  useAnchor(scroller, rows);
  useScrollTo(cursor, (index) => virtual.scrollToIndex(index, { align: 'auto' }));
  const lines = virtual.getVirtualItems();
  // A line that is not in the page can't be named as the one that keys act on.
  const isThere = lines.some(({ index }) => rows[index]?.id === cursor);
  const time = useTimeline(mode === 'timeline', () => lines.flatMap(({ index }) => rows[index] ?? []));
  const toggle = useCallback((item: TreeItem) => tree.fold(item, !tree.isFolded(item)), [tree]);
  const choose = useCallback(
    (item: TreeItem) => {
      onCursor(item.id);
      if (item.kind === 'group') tree.fold(item, !tree.isFolded(item));
      else openAction(item.id);
    },
    [tree, onCursor, openAction],
  );
  return (
    <>
      {mode === 'timeline' && <Minimap time={time} />}
      <div ref={scroller} className={styles.scroller} data-mode={mode} data-testid="actions">
        <table {...treegrid(rows.length, isThere ? cursor : undefined)} className={styles.grid}>
          <Head mode={mode} time={time} />
          <tbody className={styles.lines} style={{ height: virtual.getTotalSize() }}>
            {inPlaces(lines).map(({ index, start }) => {
              const item = rows[index];
              if (item === undefined) return null;
              return (
                <Row
                  // A line that leaves at one end comes back at the other: that is cheaper than a new one.
                  key={index % lines.length}
                  item={item}
                  revision={item.revision}
                  folded={item.children.length > 0 && tree.isFolded(item)}
                  index={index}
                  top={start - ROW_HEIGHT}
                  cursor={item.id === cursor}
                  opened={item.id === opened}
                  bars={mode === 'timeline' ? time.bars : undefined}
                  onChoose={choose}
                  onToggle={toggle}
                />
              );
            })}
          </tbody>
        </table>
        {rows.length === 0 && tree.size > 0 && (
          <EmptyState title="No action is like that">
            Change the name or the phases above to see more.
          </EmptyState>
        )}
      </div>
    </>
  );
}

/** In the order of their elements, which stay where they are. What is seen has its place by `top`, and its number by aria-rowindex. */
function inPlaces(lines: readonly VirtualItem[]): readonly VirtualItem[] {
  return lines.toSorted((a, b) => (a.index % lines.length) - (b.index % lines.length));
}

const OVERSCAN = 5;

/**
 * As many lines wherever one scrolls to: then the same elements show other lines, and none comes or goes. That is what scrolling costs
 * most, because each change among siblings lets the browser look at the styles of all of them.
 */
function useEvenRange(): (range: Range) => number[] {
  const most = useRef(0);
  return useCallback(({ startIndex, endIndex, count }) => {
    most.current = Math.max(most.current, endIndex - startIndex + 1);
    const size = Math.min(count, most.current + 2 * OVERSCAN);
    const first = Math.max(0, Math.min(startIndex - OVERSCAN, count - size));
    return Array.from({ length: size }, (_, i) => first + i);
  }, []);
}

/** A table in how it is built, a tree in what can be done with it. */
function treegrid(lines: number, cursor: string | undefined) {
  return {
    role: 'treegrid',
    tabIndex: 0,
    'aria-label': 'Actions',
    'aria-rowcount': lines + 1,
    ...(cursor !== undefined && { 'aria-activedescendant': rowId(cursor) }),
  } as const;
}

function Head({
  mode,
  time,
}: {
  readonly mode: RunListProps['mode'];
  readonly time: ReturnType<typeof useTimeline>;
}) {
  return (
    <thead className={styles.headBox}>
      <tr aria-rowindex={1} className={styles.head}>
        <th scope="col">Action</th>
        {mode === 'timeline' ? (
          <th scope="col" className={styles.axis}>
            <span className="visually-hidden">Time since the run began</span>
            <Axis time={time} />
          </th>
        ) : (
          <>
            <th scope="col">Below it</th>
            <th scope="col" className={styles.number}>
              Attempts
            </th>
            <th scope="col" className={styles.number}>
              Started
            </th>
            <th scope="col" className={styles.number}>
              Duration
            </th>
          </>
        )}
      </tr>
    </thead>
  );
}

/** When lines come or go above what is seen, what is seen stays where it is. */
function useAnchor(scroller: RefObject<HTMLDivElement | null>, rows: readonly TreeItem[]): void {
  const before = useRef(rows);
  useLayoutEffect(() => {
    const element = scroller.current;
    const index = Math.floor((element?.scrollTop ?? 0) / ROW_HEIGHT);
    const top = before.current[index];
    before.current = rows;
    if (element === null || index === 0 || top === undefined || rows[index] === top) return;
    const now = rows.indexOf(top);
    if (now >= 0) element.scrollTop += (now - index) * ROW_HEIGHT;
  }, [scroller, rows]);
}

function useScrollTo(cursor: string | undefined, scroll: (index: number) => void): void {
  const { tree } = useRun();
  const latest = useRef(scroll);
  useEffect(() => {
    latest.current = scroll;
  });
  const known = cursor !== undefined && tree.get(cursor) !== undefined;
  useEffect(() => {
    const item = known ? tree.get(cursor) : undefined;
    const index = item === undefined ? -1 : tree.rows().indexOf(item);
    if (index >= 0) latest.current(index);
  }, [tree, cursor, known]);
}
