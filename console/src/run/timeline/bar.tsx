import { durationText } from '../../shared/instant.ts';
import { isTerminal, phaseInfo } from '../../shared/phase.ts';
import type { TreeItem } from '../tree/item.ts';
import { type Segment, segments } from './segments.ts';
import styles from './timeline.module.css';
import { labelWidth } from './ticks.ts';
import type { Bars } from './use-timeline.ts';

const WORDS = {
  queued: 'queued',
  waiting: 'waiting',
  starting: 'starting',
  running: 'running',
  paused: 'paused',
} as const;

/** When an action did what, as a bar in parts. */
export function Bar({ item, bars }: { readonly item: TreeItem; readonly bars: Bars }) {
  const { from, to, now } = bars;
  const parts = segments(item, bars.attempts(item.id), now);
  const first = parts[0];
  const last = parts.at(-1);
  const length = first === undefined || last === undefined ? undefined : last.to - first.from;
  const text = `${phaseInfo(item.phase).label}${length === undefined ? '' : `, ${durationText(length)}`}`;
  const percent = (time: number) => ((time - from) / (to - from)) * 100;
  return (
    <td className={styles.track} aria-label={text}>
      {parts.map((part) => {
        const left = Math.max(0, percent(part.from));
        const right = Math.min(100, percent(part.to));
        if (right < 0 || left > 100) return null;
        return (
          <span
            key={`${part.attempt} ${part.part} ${part.from}`}
            className={styles.part}
            data-part={part.part}
            data-group={item.kind === 'group' || undefined}
            style={
              {
                left: `${left}%`,
                width: `${Math.max(0, right - left)}%`,
                '--phase': colourOf(part, item),
              } as object
            }
            title={`${part.attempt > 1 ? `Attempt ${part.attempt}: ` : ''}${WORDS[part.part]} for ${durationText(part.to - part.from)}`}
          />
        );
      })}
      {last !== undefined && last.to < from && <Outside side="left" />}
      {first !== undefined && first.from > to && <Outside side="right" />}
      {last !== undefined && length !== undefined && (
        <Length
          at={percent(last.to)}
          before={first === undefined ? 0 : percent(first.from)}
          width={bars.width}
          text={durationText(length)}
        />
      )}
    </td>
  );
}

/** The bar lies before or behind the time that is shown. */
function Outside({ side }: { readonly side: 'left' | 'right' }) {
  return (
    <span className={styles.outside} data-side={side} aria-hidden>
      {side === 'left' ? '‹' : '›'}
    </span>
  );
}

interface LengthProps {
  /** Where the bar ends and begins, in percent of the width. */
  readonly at: number;
  readonly before: number;
  /** In pixels. */
  readonly width: number;
  readonly text: string;
}

/** Behind the bar where there is room, else in front of it, else nowhere: the bar itself tells it when pointed at. */
function Length({ at, before, width, text }: LengthProps) {
  if (at < 0 || before > 100) return null;
  const needed = (labelWidth(text) / width) * 100;
  const style =
    at <= 100 - needed ? { left: `${at}%` } : before >= needed ? { right: `${100 - before}%` } : undefined;
  return style === undefined ? null : (
    <span className={styles.length} style={style} aria-hidden>
      {text}
    </span>
  );
}

/** What ran has the colour of how it ended. */
function colourOf(part: Segment, item: TreeItem): string {
  if (part.part !== 'running' || (part.attempt === 0 && !isTerminal(part.phase)))
    return `var(--phase-${part.part === 'starting' ? 'initializing' : part.part})`;
  return `var(--phase-${phaseInfo(part.attempt === 0 ? item.phase : part.phase).colour})`;
}
