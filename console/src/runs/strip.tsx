import { useElementSize } from '@mantine/hooks';
import { scaleTime, scaleUtc } from 'd3-scale';
import { memo, useMemo } from 'react';
import { useNow } from '../shared/clock.ts';
import { PHASES } from '../shared/phase.ts';
import { useTimeStyle } from '../shared/time.tsx';
import { type Bins, binRuns } from './bins.ts';
import type { RunRow } from './run-row.ts';
import styles from './strip.module.css';
import { StripBrush } from './strip-brush.tsx';

const HEIGHT = 64;
const AXIS = 16;
const BAR_PX = 9;

interface StripProps {
  readonly rows: readonly RunRow[];
  readonly from: number | undefined;
  readonly to: number | undefined;
  onBrush(period: { from: number; to: number } | undefined): void;
}

/** The runs that are loaded, by time and phase. Drag over it to see only those of a period. */
export function Strip({ rows, from, to, onBrush }: StripProps) {
  const { ref, width } = useElementSize();
  const [style] = useTimeStyle();
  const minute = Math.floor(useNow() / 60_000) * 60_000 + 60_000;
  const bins = useMemo(
    () =>
      binRuns(
        rows,
        minute,
        Math.max(12, Math.floor(width / BAR_PX)),
        [from, to].filter((at) => at !== undefined),
      ),
    [rows, minute, width, from, to],
  );
  const scale = useMemo(
    () => (style === 'utc' ? scaleUtc : scaleTime)().domain([bins.from, bins.to]).range([0, width]),
    [bins.from, bins.to, width, style],
  );
  const ticks = scale.ticks(Math.max(2, Math.floor(width / 110)));
  return (
    <div ref={ref} className={styles.strip}>
      {width > 0 && (
        <svg width={width} height={HEIGHT} role="img" aria-label={summary(bins)} className={styles.picture}>
          <title>Drag to see only the runs of a period</title>
          <line x1={0} x2={width} y1={HEIGHT - AXIS + 0.5} y2={HEIGHT - AXIS + 0.5} className={styles.base} />
          {ticks.map((tick) => (
            <g key={tick.getTime()} transform={`translate(${Math.round(scale(tick))},0)`}>
              <line y1={HEIGHT - AXIS} y2={HEIGHT - AXIS + 3} className={styles.base} />
              <text y={HEIGHT - 2} className={styles.tick} textAnchor={anchor(scale(tick), width)}>
                {tickText(tick, style === 'utc')}
              </text>
            </g>
          ))}
          <Bars bins={bins} width={width} />
          <StripBrush
            width={width}
            height={HEIGHT - AXIS}
            range={from === undefined ? undefined : [scale(from), to === undefined ? width : scale(to)]}
            onRange={(range) =>
              onBrush(
                range && { from: scale.invert(range[0]).getTime(), to: scale.invert(range[1]).getTime() },
              )
            }
          />
        </svg>
      )}
    </div>
  );
}

const Bars = memo(function Bars({ bins, width }: { readonly bins: Bins; readonly width: number }) {
  const step = width / bins.bins.length;
  const height = HEIGHT - AXIS - 4;
  return bins.bins.map(({ from, counts, total }, index) => {
    if (total === 0) return null;
    let top = HEIGHT - AXIS;
    return (
      <g key={from} transform={`translate(${(index * step).toFixed(1)},0)`}>
        {PHASES.map(({ key, colour }, place) => {
          const count = counts[place] ?? 0;
          if (count === 0) return null;
          // What is there at all can be seen.
          const size = Math.max(2, (count / bins.highest) * height);
          top -= size;
          return (
            <rect
              key={key}
              x={0.5}
              y={top}
              width={Math.max(1, step - 1)}
              height={size}
              fill={`var(--phase-${colour})`}
            />
          );
        })}
      </g>
    );
  });
});

/** The day at midnight, else the time of day. */
function tickText(at: Date, utc: boolean): string {
  const midnight = utc ? at.getTime() % 86_400_000 === 0 : at.getHours() === 0 && at.getMinutes() === 0;
  const zone = utc ? { timeZone: 'UTC' } : {};
  if (midnight) return at.toLocaleDateString('en-US', { month: 'short', day: 'numeric', ...zone });
  return at.toLocaleTimeString('en-US', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...zone });
}

function anchor(x: number, width: number): 'start' | 'middle' | 'end' {
  if (x < 30) return 'start';
  return x > width - 30 ? 'end' : 'middle';
}

function summary({ bins, from, to }: Bins): string {
  const total = bins.reduce((sum, bin) => sum + bin.total, 0);
  const parts = PHASES.map(({ label }, place) => {
    const count = bins.reduce((sum, bin) => sum + (bin.counts[place] ?? 0), 0);
    return count === 0 ? '' : `${count} ${label.toLowerCase()}`;
  }).filter((part) => part !== '');
  const period = [from, to]
    .map((at) => new Date(at).toISOString().slice(0, 16).replace('T', ' '))
    .join(' to ');
  return `${total} runs from ${period} UTC: ${parts.join(', ') || 'none'}`;
}
