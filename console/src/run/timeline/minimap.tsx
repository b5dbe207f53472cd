import { Button } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { type BrushBehavior, brushX, type D3BrushEvent } from 'd3-brush';
import { select } from 'd3-selection';
import { useEffect, useRef } from 'react';
import { useFrameStore } from '../../api/use-page-stream.ts';
import { useRun } from '../run-context.ts';
import { activity } from './activity.ts';
import { Picture } from './picture.tsx';
import { ALL, choose, shown } from './time-window.ts';
import styles from './timeline.module.css';
import type { Timeline } from './use-timeline.ts';

const HEIGHT = 48;
/** Pixels of one column. */
const COLUMN = 3;

/** The whole run in small: how much went on when, and which part of it the bars show. Drag to choose another part. */
export function Minimap({ time }: { readonly time: Timeline }) {
  const { tree } = useRun();
  const version = useFrameStore(tree.frames);
  const { ref, width } = useElementSize();
  const columns = Math.max(1, Math.floor(width / COLUMN));
  return (
    <div ref={ref} className={styles.minimap}>
      <Picture
        version={version}
        span={time.run}
        columns={columns}
        measure={(span, parts) => activity(tree.items(), span, parts)}
      />
      {width > 0 && <Brush time={time} width={width} />}
      {time.window.kind !== 'all' && (
        <Button
          className={styles.all}
          size="compact-xs"
          variant="default"
          onClick={() => time.setWindow(ALL)}
        >
          All of the run
        </Button>
      )}
    </div>
  );
}

function Brush({ time, width }: { readonly time: Timeline; readonly width: number }) {
  const group = useRef<SVGGElement>(null);
  const behaviour = useRef<BrushBehavior<unknown>>(undefined);
  const dragging = useRef(false);
  const latest = useRef(time);
  useEffect(() => {
    latest.current = time;
  });
  useEffect(() => {
    const element = group.current;
    if (element === null) return;
    const brush = brushX<unknown>().extent([
      [0, 0],
      [width, HEIGHT],
    ]);
    behaviour.current = brush;
    const selection = select<SVGGElement, unknown>(element);
    const apply = ({ selection: chosen, sourceEvent, type }: D3BrushEvent<unknown>) => {
      // Moved by the page itself, not by a person.
      if (sourceEvent === undefined || sourceEvent === null) return;
      dragging.current = type !== 'end';
      const { run, goesOn, setWindow } = latest.current;
      const [left, right] = (chosen ?? [0, width]) as [number, number];
      const timeAt = (x: number) => run.from + (x / width) * (run.to - run.from);
      setWindow(chosen === null ? ALL : choose(timeAt(left), timeAt(right), run, goesOn));
    };
    brush.on('brush', apply).on('end', apply);
    selection.call(brush);
    return () => {
      brush.on('brush', null).on('end', null);
      selection.selectAll('*').remove();
    };
  }, [width]);
  const { from, to } = shown(time.window, time.run);
  const all = time.window.kind === 'all';
  const left = ((from - time.run.from) / (time.run.to - time.run.from)) * width;
  const right = ((to - time.run.from) / (time.run.to - time.run.from)) * width;
  useEffect(() => {
    if (group.current === null || behaviour.current === undefined || dragging.current) return;
    select<SVGGElement, unknown>(group.current).call(behaviour.current.move, all ? null : [left, right]);
  }, [all, left, right]);
  return (
    <svg className={styles.brush} aria-hidden>
      <g ref={group} />
    </svg>
  );
}
