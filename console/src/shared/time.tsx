import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { useNow } from './clock.ts';
import { absoluteTime, durationText, fullTime, millis, relativeTime, type TimeStyle } from './instant.ts';
import { useSetting } from './settings.ts';

/** How the person wants times to be written, and how to change it. */
export function useTimeStyle(): [TimeStyle, (style: TimeStyle) => void] {
  const [style, choose] = useSetting<TimeStyle>('times', 'relative');
  return [style === 'local' || style === 'utc' ? style : 'relative', choose];
}

/** A point in time, written as the person chose; all of it in the tooltip. */
export function Time({ at }: { readonly at: Timestamp | number | undefined }) {
  const [style] = useTimeStyle();
  const now = useNow(style === 'relative');
  const ms = typeof at === 'number' ? at : millis(at);
  if (ms === undefined) return <span className="muted">–</span>;
  return (
    <time dateTime={new Date(ms).toISOString()} title={fullTime(ms)}>
      {style === 'relative' ? relativeTime(ms, now) : absoluteTime(ms, style, now)}
    </time>
  );
}

/** How long it took; without an end, how long it has been taking, counted every second. */
export function Duration({ from, to }: DurationProps) {
  const start = typeof from === 'number' ? from : millis(from);
  const end = typeof to === 'number' ? to : millis(to);
  const now = useNow(end === undefined);
  if (start === undefined) return <span className="muted">–</span>;
  if (end !== undefined) return <span>{durationText(end - start)}</span>;
  // Whole seconds: tenths that only move once a second look broken.
  return <span>{durationText(Math.max(0, Math.floor((now - start) / 1000)) * 1000)}</span>;
}

interface DurationProps {
  readonly from: Timestamp | number | undefined;
  readonly to: Timestamp | number | undefined;
}
