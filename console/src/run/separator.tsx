import type { KeyboardEvent, PointerEvent } from 'react';
import { useSetting } from '../shared/settings.ts';
import styles from './run-page.module.css';

const NARROWEST = 320;
const STEP = 40;

/** How wide the side panel is, in pixels, as the person last left it. */
export function usePanelWidth(): [number, (width: number) => void] {
  const [text, set] = useSetting<string>('panel-width', '560');
  const width = Number(text);
  return [Number.isFinite(width) && width >= NARROWEST ? width : 560, (next) => set(String(clamp(next)))];
}

function clamp(width: number): number {
  return Math.round(Math.max(NARROWEST, Math.min(width, window.innerWidth * 0.75)));
}

/** The line between the actions and the side panel: to be dragged, or moved with the arrow keys. */
export function Separator({
  width,
  onResize,
}: {
  readonly width: number;
  readonly onResize: (width: number) => void;
}) {
  const drag = (event: PointerEvent<HTMLHRElement>) => {
    if (event.currentTarget.hasPointerCapture(event.pointerId)) onResize(window.innerWidth - event.clientX);
  };
  const press = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowLeft' ? STEP : event.key === 'ArrowRight' ? -STEP : 0;
    if (step === 0) return;
    event.preventDefault();
    event.stopPropagation();
    onResize(width + step);
  };
  return (
    <hr
      aria-orientation="vertical"
      aria-label="Width of the side panel"
      aria-valuenow={width}
      aria-valuemin={NARROWEST}
      aria-valuemax={2000}
      tabIndex={0}
      className={styles.separator}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onKeyDown={press}
    />
  );
}
