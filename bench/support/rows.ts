import type { Compared } from './measure.ts';

/** A bound that a figure is held to: at least so much, or at most. */
export interface Bounds {
  readonly atLeast?: number;
  readonly goal?: number;
}

/** One figure of a row. */
export interface Figure {
  readonly value: number;
  readonly unit: string;
  /** What it is, where the unit does not say so. */
  readonly what?: string;
  readonly better: 'more' | 'less';
  readonly bounds: Bounds;
}

/** A line of the table. */
export interface Row {
  readonly work: string;
  readonly figures: readonly Figure[];
  /** What the machine's limit is: the same calls on servers that do nothing, or another limit measured in the same run. */
  readonly limit: string;
  /** More that was measured, for the text form. */
  readonly details?: string;
}

/** A figure that should be high. */
export function more(value: number, unit: string, bounds: Bounds = {}, what?: string): Figure {
  return { value, unit, better: 'more', bounds, ...(what === undefined ? {} : { what }) };
}

/** A figure that should be low. */
export function less(value: number, unit: string, bounds: Bounds = {}, what?: string): Figure {
  return { value, unit, better: 'less', bounds, ...(what === undefined ? {} : { what }) };
}

/** The row of a load: how often per second, at how much of the server's CPU. */
export function loadRow(work: string, compared: Compared, bounds: { rate: Bounds; cpuMs: Bounds }): Row {
  const { rate, cpuMs, p50, p99, clientCpuMs, postgresCpuMs, otherCores, connect, http2 } = compared;
  return {
    work,
    figures: [more(rate, '/s', bounds.rate), less(cpuMs, 'ms CPU', bounds.cpuMs)],
    limit: `${emptyText(connect, http2)}${othersText(otherCores)}`,
    details: [
      `p50 ${text(p50)} ms, p99 ${text(p99)} ms`,
      `PostgreSQL ${text(postgresCpuMs)} ms CPU`,
      `client ${text(clientCpuMs)} ms CPU`,
    ].join('; '),
  };
}

/** Said only where it spoils the rates: the machine has few cores, and service, database and clients want three. */
function othersText(cores: number): string {
  return cores < 0.5 ? '' : `; others kept ${cores.toFixed(1)} cores busy`;
}

/** What the servers that do nothing gave. */
export function emptyText(connect: Compared['connect'], http2: Compared['http2']): string {
  const one = ({ rate, cpuMs }: Compared['connect']) => `${text(rate)}/s, ${text(cpuMs)} ms`;
  return `connect-node ${one(connect)}; http2 ${one(http2)}`;
}

/** Three digits that count. */
export function text(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
  return value.toLocaleString('en', { minimumFractionDigits: 0, maximumFractionDigits: digits });
}

/** A figure as text. */
export function figureText({ what, unit }: Figure, value: number): string {
  const number = `${text(value)}${unit.startsWith('/') ? '' : ' '}${unit}`;
  return what === undefined ? number : `${what} ${number}`;
}

/** How a row stands: the worst of its figures decides. */
export function verdict(row: Row): 'goal' | 'at least' | 'missed' | '–' {
  const meets = (bound: 'atLeast' | 'goal') =>
    row.figures.every(({ value, better, bounds }) => {
      const wanted = bounds[bound];
      if (wanted === undefined) return true;
      return better === 'more' ? value >= wanted : value <= wanted;
    });
  if (row.figures.every(({ bounds }) => bounds.atLeast === undefined && bounds.goal === undefined))
    return '–';
  if (meets('goal') && meets('atLeast')) return 'goal';
  return meets('atLeast') ? 'at least' : 'missed';
}
