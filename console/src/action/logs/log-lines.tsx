import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, memo, useEffect, useLayoutEffect, useRef } from 'react';
import { linePieces } from './line-pieces.ts';
import type { LogText } from './log-text.ts';
import styles from './logs.module.css';

const ROW = 19;
const NEAR_END = 24;
/** What can be scrolled can be reached by keys. */
const FOCUSABLE = { tabIndex: 0 };
/** Keys that scroll, which elsewhere on the page move among actions. */
const SCROLLING = new Set([
  'ArrowUp',
  'ArrowDown',
  'ArrowLeft',
  'ArrowRight',
  'PageUp',
  'PageDown',
  'Home',
  'End',
  ' ',
]);

interface LogLinesProps {
  readonly log: LogText;
  readonly query: string;
  readonly wrap: boolean;
  /** The line found that one is at. */
  readonly current: number | undefined;
  /** The line that the address names. */
  readonly pointed: number | undefined;
  readonly following: boolean;
  /** A line to be brought into view, once for each object. */
  readonly target: { readonly line: number } | undefined;
  readonly onFollowing: (following: boolean) => void;
  readonly onPoint: (line: number) => void;
  readonly hrefOfLine: (line: number) => string;
}

/** The lines of a log, of which only those in view are in the page. */
export function LogLines(props: LogLinesProps) {
  const { log, query, wrap, current, pointed, following, target, onFollowing } = props;
  const scroller = useRef<HTMLElement>(null);
  const before = useRef({ top: 0, height: 0 });
  const { first, last } = log;
  const rows = useVirtualizer({
    count: last - first + 1,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 20,
    getItemKey: (index) => first + index,
    paddingEnd: 8,
  });
  const height = rows.getTotalSize();
  useLayoutEffect(() => {
    const element = scroller.current;
    if (following && element !== null && height > 0 && last > 0) element.scrollTop = element.scrollHeight;
  }, [following, last, height]);
  const wrapped = useRef(wrap);
  useLayoutEffect(() => {
    if (wrapped.current === wrap) return;
    wrapped.current = wrap;
    rows.measure();
  }, [rows, wrap]);
  useTarget(target, log, (line) => rows.scrollToIndex(line - log.first, { align: 'center' }));

  // Whoever scrolls up wants to read; whoever comes to the end wants to see what comes.
  const scrolled = () => {
    const element = scroller.current;
    if (element === null) return;
    const { scrollTop: top, scrollHeight, clientHeight } = element;
    const atEnd = scrollHeight - top - clientHeight < NEAR_END;
    // What shrinks because it is measured moves by itself.
    const up = top < before.current.top - 1 && scrollHeight >= before.current.height;
    before.current = { top, height: scrollHeight };
    if (following && up && !atEnd) onFollowing(false);
    else if (!following && atEnd && scrollHeight > clientHeight) onFollowing(true);
  };
  const width = `${String(last).length + 1}ch`;
  return (
    <section
      ref={scroller}
      className={styles.scroller}
      data-wrap={wrap || undefined}
      aria-label="Lines of the log"
      {...FOCUSABLE}
      onScroll={scrolled}
      onKeyDown={keepScrollKeys}
    >
      <div className={styles.lines} style={{ height }}>
        {rows.getVirtualItems().map(({ index, start, key }) => {
          const number = first + index;
          return (
            <div
              key={key}
              data-index={index}
              ref={wrap ? rows.measureElement : undefined}
              className={styles.row}
              style={{ transform: `translateY(${start}px)` }}
              data-current={number === current || undefined}
              data-pointed={number === pointed || undefined}
            >
              <a
                className={styles.number}
                style={{ width }}
                href={props.hrefOfLine(number)}
                aria-label={`Line ${number}`}
                tabIndex={-1}
                onClick={(event) => {
                  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
                  event.preventDefault();
                  props.onPoint(number);
                }}
              >
                {number}
              </a>
              <Line text={log.line(number) ?? ''} query={query} />
            </div>
          );
        })}
      </div>
    </section>
  );
}

function keepScrollKeys(event: KeyboardEvent): void {
  if (SCROLLING.has(event.key)) event.stopPropagation();
}

/** Calls `show` once for each target, as soon as the log has that line. */
function useTarget(
  target: { readonly line: number } | undefined,
  log: LogText,
  show: (line: number) => void,
): void {
  const shown = useRef<object>(undefined);
  useEffect(() => {
    if (target === undefined || shown.current === target || target.line > log.last) return;
    shown.current = target;
    show(Math.max(target.line, log.first));
  });
}

const Line = memo(({ text, query }: { readonly text: string; readonly query: string }) => (
  <span className={styles.text}>
    {linePieces(text, query).map(({ text: piece, look, hit }, i) => {
      const classes =
        look === ''
          ? undefined
          : look
              .split(' ')
              .map((word) => styles[word])
              .join(' ');
      const key = `${i}`;
      return hit ? (
        <mark key={key} className={classes}>
          {piece}
        </mark>
      ) : classes === undefined ? (
        piece
      ) : (
        <span key={key} className={classes}>
          {piece}
        </span>
      );
    })}
  </span>
));
