import { brushX, type D3BrushEvent } from 'd3-brush';
import { select } from 'd3-selection';
import { useEffect, useRef } from 'react';
import styles from './strip.module.css';

interface StripBrushProps {
  readonly width: number;
  readonly height: number;
  /** What is selected, in pixels. */
  readonly range: readonly [number, number] | undefined;
  /** The person selected something else, or nothing (a click beside the selection). */
  onRange(range: readonly [number, number] | undefined): void;
}

/** Selects a part of the strip: drag, move it, pull its edges. The time filter does the same for keyboards. */
export function StripBrush({ width, height, range, onRange }: StripBrushProps) {
  const group = useRef<SVGGElement>(null);
  const latest = useRef(onRange);
  const dragging = useRef(false);
  useEffect(() => {
    latest.current = onRange;
  });
  const [left, right] = range ?? [];
  useEffect(() => {
    if (group.current === null) return;
    const brush = brushX<unknown>()
      .extent([
        [0, 0],
        [width, height],
      ])
      .on('start', ({ sourceEvent }: D3BrushEvent<unknown>) => {
        dragging.current = Boolean(sourceEvent);
      })
      .on('end', ({ sourceEvent, selection }: D3BrushEvent<unknown>) => {
        dragging.current = false;
        // Moves that this component makes itself have no event behind them.
        if (!sourceEvent) return;
        latest.current(selection === null ? undefined : (selection as [number, number]));
      });
    const root = select<SVGGElement, unknown>(group.current);
    root.call(brush);
    if (!dragging.current)
      root.call(brush.move, left === undefined || right === undefined ? null : [left, right]);
    return () => {
      root.on('.brush', null);
    };
  }, [width, height, left, right]);
  return <g ref={group} className={styles.brush} />;
}
