import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import type { Activity } from './activity.ts';
import type { Span } from './time-window.ts';
import styles from './timeline.module.css';

const HEIGHT = 48;
/** A large run is not looked at more often than this. */
const EVERY_MS = 250;

interface PictureProps {
  /** Changes when actions changed. */
  readonly version: number;
  readonly span: Span;
  readonly columns: number;
  readonly measure: (span: Span, columns: number) => Activity;
}

/** Columns: what was active in each part of the time, what only waited, and where something failed. */
export function Picture({ version, span, columns, measure }: PictureProps) {
  const { from, to } = span;
  const canvas = useRef<HTMLCanvasElement>(null);
  const last = useRef(0);
  const scheme = useComputedColorScheme();
  const latest = useRef(measure);
  useEffect(() => {
    latest.current = measure;
  });
  useEffect(() => {
    const draw = () => {
      last.current = performance.now();
      const element = canvas.current;
      if (element === null) return;
      paint(element, latest.current({ from, to }, columns), columns);
      element.dataset.drawn = `${version} ${scheme}`;
    };
    const wait = last.current + EVERY_MS - performance.now();
    const timer = setTimeout(draw, Math.max(0, wait));
    return () => clearTimeout(timer);
  }, [version, from, to, columns, scheme]);
  return <canvas ref={canvas} className={styles.picture} aria-hidden />;
}

function paint(canvas: HTMLCanvasElement, { active, queued, failed, peak }: Activity, columns: number): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const ratio = window.devicePixelRatio;
  const width = canvas.clientWidth;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(HEIGHT * ratio);
  context.scale(ratio, ratio);
  const style = getComputedStyle(canvas);
  const colours = {
    active: style.getPropertyValue('--phase-running'),
    queued: style.getPropertyValue('--phase-queued'),
    failed: style.getPropertyValue('--phase-failed'),
  };
  const room = HEIGHT - 6;
  const step = width / columns;
  for (let i = 0; i < columns; i++) {
    const all = active[i] ?? 0;
    if (all === 0) continue;
    // The root of the share: a lonely action beside thousands is still seen.
    const height = Math.max(2, Math.sqrt(all / peak) * room);
    const waiting = ((queued[i] ?? 0) / all) * height;
    context.globalAlpha = 0.55;
    context.fillStyle = colours.active;
    context.fillRect(i * step, HEIGHT - height + waiting, step, height - waiting);
    context.fillStyle = colours.queued;
    context.fillRect(i * step, HEIGHT - height, step, waiting);
    context.globalAlpha = 1;
    if ((failed[i] ?? 0) === 0) continue;
    context.fillStyle = colours.failed;
    context.fillRect(i * step, 0, Math.max(2, step), 5);
  }
}
