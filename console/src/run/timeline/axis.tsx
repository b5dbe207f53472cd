import { useElementSize } from '@mantine/hooks';
import { useEffect } from 'react';
import { labelWidth, ticks } from './ticks.ts';
import styles from './timeline.module.css';
import type { Timeline } from './use-timeline.ts';

/** The time since the run began, above the bars. */
export function Axis({ time }: { readonly time: Timeline }) {
  const { ref, width } = useElementSize();
  const { from, to } = time.bars;
  const { measured } = time;
  useEffect(() => measured(width), [measured, width]);
  const start = time.run.from;
  return (
    <span ref={ref} className={styles.axis} aria-hidden>
      {ticks(from - start, to - start, width).map(({ at, label }) => (
        <span
          key={at}
          className={styles.tick}
          style={{ left: `${((at + start - from) / (to - from)) * 100}%` }}
        >
          {fits(label, (to - at - start) / (to - from), width) && label}
        </span>
      ))}
    </span>
  );
}

/** Whether the label has room between its line and the edge; half a label says something else. */
function fits(label: string, share: number, width: number): boolean {
  return share * width >= labelWidth(label);
}
