import type { ConnectError } from '@connectrpc/connect';
import { parseTimeout } from '@connectrpc/connect/protocol-grpc';

/** Timers of Node.js fire at once beyond this many milliseconds (24 days). */
const longest = 2 ** 31 - 1;

const unitMs: Record<string, number> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 0.001, n: 0.000_001 };

/**
 * Drops deadlines that are longer than a timer can wait: Connect would let them pass after a millisecond.
 * Deadlines that cannot be read stay, so that they are refused.
 */
export function dropEndlessDeadline(header: Headers): void {
  const connect = Number(header.get('connect-timeout-ms') ?? 0);
  if (connect > longest) header.delete('connect-timeout-ms');
  const [, amount, unit] = /^(\d{1,8})([HMSmun])$/.exec(header.get('grpc-timeout') ?? '') ?? [];
  if (amount && unit && Number(amount) * (unitMs[unit] ?? 0) > longest) header.delete('grpc-timeout');
}

/** What the header `grpc-timeout` asks for: milliseconds, nothing (none, or longer than a timer can wait), or an error. */
export function readGrpcTimeout(value: string | null): { ms?: number; error?: ConnectError } {
  if (value === null) return {};
  const { timeoutMs, error } = parseTimeout(value, Number.POSITIVE_INFINITY);
  if (error) return { error };
  return timeoutMs === undefined || timeoutMs > longest ? {} : { ms: timeoutMs };
}
