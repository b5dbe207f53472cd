import { Button, Checkbox } from '@mantine/core';
import { IconArrowUp } from '@tabler/icons-react';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type MouseEvent, type ReactNode, useEffect, useLayoutEffect, useRef } from 'react';
import type { RunKind } from '../api/clients.ts';
import type { Scope } from '../api/scope.ts';
import { RunLine } from './run-line.tsx';
import type { RunRow } from './run-row.ts';
import styles from './run-table.module.css';

/** The height of a row; run-table.module.css has it, too. */
export const ROW_PX = 34;
/** What covers the list from above: the page's header and the list's own. */
const COVERED_PX = 48 + 32;

interface RunTableProps {
  readonly kind: RunKind;
  readonly scope: Scope;
  readonly rows: readonly RunRow[];
  /** How many new runs wait to be shown. */
  readonly news: number;
  readonly selected: ReadonlySet<string>;
  readonly current: string | undefined;
  readonly foot: ReactNode;
  /** Whether a page is on its way. */
  readonly loading: boolean;
  onShowNews(): void;
  onHold(hold: boolean): void;
  onSelect(name: string, extend: boolean): void;
  onSelectAll(): void;
  onCurrent(name: string): void;
  onTask(task: string): void;
  onLabel(label: string): void;
  onEnd(): void;
  onOpen(event: MouseEvent): void;
}

/** The runs, of which only those that are seen are in the page. */
export function RunTable(props: RunTableProps) {
  const { rows, selected, current, news, loading, onHold, onEnd } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_PX,
    overscan: 12,
    useFlushSync: false,
    getItemKey: (index) => rows[index]?.name ?? index,
    scrollMargin: body.current?.offsetTop ?? 0,
    scrollPaddingStart: COVERED_PX,
    scrollPaddingEnd: 24,
  });
  const items = virtualizer.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    // Again after each page: one that brought nothing new changes no length.
    if (!loading && last >= rows.length - 15) onEnd();
  }, [last, rows.length, loading, onEnd]);
  useFocusOnCurrent(body, rows, current, (index) => virtualizer.scrollToIndex(index));
  const all = rows.length > 0 && rows.every(({ name }) => selected.has(name));
  return (
    <section className={styles.list} aria-label="List of runs">
      <div className={styles.news}>
        {news > 0 && (
          <Button size="compact-xs" leftSection={<IconArrowUp size={12} />} onClick={props.onShowNews}>
            {news} new {news === 1 ? 'run' : 'runs'}
          </Button>
        )}
      </div>
      <table aria-label="Runs" aria-rowcount={rows.length + 1} className={styles.table}>
        <thead>
          <tr aria-rowindex={1} className={styles.head}>
            <th scope="col" className={styles.check}>
              <Checkbox
                size="xs"
                aria-label="Select all"
                checked={all}
                indeterminate={!all && selected.size > 0}
                onChange={props.onSelectAll}
              />
            </th>
            <th scope="col">Phase</th>
            <th scope="col">Run</th>
            <th scope="col">Task</th>
            <th scope="col">Error or labels</th>
            <th scope="col" className={styles.who}>
              Who
            </th>
            <th scope="col" className={styles.source}>
              Source
            </th>
            <th scope="col" className={styles.number}>
              Started
            </th>
            <th scope="col" className={styles.number}>
              Duration
            </th>
          </tr>
        </thead>
        <tbody
          ref={body}
          style={{ height: virtualizer.getTotalSize() }}
          data-waiting={(rows.length === 0 && loading) || undefined}
          onPointerEnter={() => onHold(true)}
          onPointerLeave={() => onHold(false)}
          onFocus={(event) => {
            const name = event.target.closest<HTMLElement>('[data-run]')?.dataset.run;
            if (name !== undefined) props.onCurrent(name);
          }}
        >
          {items.map(({ key, index, start }) => {
            const row = rows[index];
            return (
              row && (
                <RunLine
                  key={key}
                  kind={props.kind}
                  scope={props.scope}
                  row={row}
                  index={index}
                  top={start - virtualizer.options.scrollMargin}
                  selected={selected.has(row.name)}
                  current={row.name === current}
                  onSelect={props.onSelect}
                  onOpen={props.onOpen}
                  onTask={props.onTask}
                  onLabel={props.onLabel}
                />
              )
            );
          })}
        </tbody>
      </table>
      <div className={styles.foot}>{props.foot}</div>
    </section>
  );
}

/** Once the current row is another one, it is scrolled to, and its link gets the focus: Enter opens it, screen readers read it. */
function useFocusOnCurrent(
  body: { readonly current: HTMLElement | null },
  rows: readonly RunRow[],
  current: string | undefined,
  scrollTo: (index: number) => void,
): void {
  const focused = useRef<string>(undefined);
  const moved = current !== focused.current;
  const index = moved && current !== undefined ? rows.findIndex(({ name }) => name === current) : -1;
  useLayoutEffect(() => {
    if (!moved) return;
    if (current === undefined) {
      focused.current = undefined;
      return;
    }
    const link = body.current?.querySelector<HTMLElement>(`[data-run="${CSS.escape(current)}"] a`);
    if (index >= 0) scrollTo(index);
    if (link) {
      focused.current = current;
      link.focus({ preventScroll: true });
    }
  });
}
