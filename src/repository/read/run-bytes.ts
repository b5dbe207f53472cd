import type { Buffer } from 'node:buffer';
import { type Instant, microsOf } from '../../runs/instant.ts';
import { type Phase, phaseNumber } from '../../runs/phase.ts';
import { BackwardWriter } from '../../wire/backward-writer.ts';
import type { RunMessageRow } from './run-message.ts';

/**
 * A `ListRunsResponse` encoded straight from rows, behind so many free bytes: what `runMessage` and the generated code would make of them
 * (the tests compare), but the metadata, which is most of a run, is copied instead of being decoded and encoded again.
 */
export function listRunsBytes(rows: readonly RunMessageRow[], token: string, free: number): Buffer {
  const to = new BackwardWriter();
  to.text(2, token);
  for (let i = rows.length - 1; i >= 0; i--) {
    const row = rows[i];
    const since = to.length;
    if (row !== undefined) writeRun(to, row);
    to.wrap(1, since);
  }
  return to.finish(free);
}

function writeRun(to: BackwardWriter, row: RunMessageRow): void {
  if (row.labels !== '{}') writeLabels(to, JSON.parse(row.labels) as Record<string, string>);
  const action = to.length;
  writeStatus(to, row);
  to.bytes(2, row.metadata);
  const id = to.length;
  to.text(2, row.root_action_name);
  const run = to.length;
  to.text(4, row.name);
  to.text(3, row.domain);
  to.text(2, row.project);
  to.text(1, row.org);
  to.wrap(1, run);
  to.wrap(1, id);
  to.wrap(1, action);
}

function writeLabels(to: BackwardWriter, labels: Record<string, string>): void {
  for (const [key, value] of Object.entries(labels).reverse()) {
    const since = to.length;
    // Of a map's entry both are always written.
    to.text(2, value, true);
    to.text(1, key, true);
    to.wrap(2, since);
  }
}

function writeStatus(to: BackwardWriter, row: RunMessageRow): void {
  const since = to.length;
  // Optional: a zero that is there is written.
  if (row.duration_ms !== null) to.uint(6, row.duration_ms, true);
  to.uint(5, row.cache_status);
  to.uint(4, row.attempts);
  if (row.end_time !== null) writeTime(to, 3, row.end_time);
  writeTime(to, 2, row.start_time);
  to.uint(1, phaseNumber(row.phase as Phase));
  to.wrap(3, since);
}

function writeTime(to: BackwardWriter, no: number, instant: Instant): void {
  const since = to.length;
  const micros = microsOf(instant);
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  to.uint(2, Number(fraction) * 1000);
  to.int(1, Number((micros - fraction) / 1_000_000n));
  to.wrap(no, since);
}
