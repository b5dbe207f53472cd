/** Length of time as protobuf has it. */
export interface Length {
  readonly seconds: bigint;
  readonly nanos: number;
}

const UNITS: Readonly<Record<string, number>> = {
  d: 86_400e9,
  h: 3600e9,
  m: 60e9,
  min: 60e9,
  s: 1e9,
  ms: 1e6,
  us: 1e3,
  µs: 1e3,
};

/** Reads `1h 30m`, `2d`, `90s`, `1.5h`, `250ms`, or a number of seconds; undefined for anything else. */
export function parseDuration(text: string): Length | undefined {
  const trimmed = text.trim().toLowerCase();
  const match =
    /^(-?)\s*(\d+(?:\.\d+)?\s*(?:d|h|min|ms|us|µs|m|s)?(?:[\s,]*\d+(?:\.\d+)?\s*(?:d|h|min|ms|us|µs|m|s))*)$/.exec(
      trimmed,
    );
  if (match === null) return undefined;
  let nanos = 0n;
  for (const [, amount, unit] of (match[2] ?? '').matchAll(/(\d+(?:\.\d+)?)\s*(d|h|min|ms|us|µs|m|s)?/g)) {
    nanos += scaled(amount ?? '0', UNITS[unit ?? 's'] ?? 1e9);
  }
  if (match[1] === '-') nanos = -nanos;
  return { seconds: nanos / 1_000_000_000n, nanos: Number(nanos % 1_000_000_000n) };
}

/** A decimal number times a whole one, rounded down, without the errors of binary fractions. */
function scaled(amount: string, unit: number): bigint {
  const [whole = '0', fraction = ''] = amount.split('.');
  const digits = fraction.slice(0, 18);
  return BigInt(whole) * BigInt(unit) + (BigInt(digits || '0') * BigInt(unit)) / 10n ** BigInt(digits.length);
}

/** Writes what parseDuration reads: `1h 30m 0.5s`. */
export function formatDuration({ seconds, nanos }: Length): string {
  const total = seconds * 1_000_000_000n + BigInt(nanos);
  const sign = total < 0n ? '-' : '';
  let rest = total < 0n ? -total : total;
  const parts: string[] = [];
  for (const [unit, size] of [
    ['d', 86_400_000_000_000n],
    ['h', 3_600_000_000_000n],
    ['m', 60_000_000_000n],
  ] as const) {
    if (rest >= size) parts.push(`${rest / size}${unit}`);
    rest %= size;
  }
  const fraction = (rest % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '');
  if (rest > 0n || parts.length === 0) parts.push(`${rest / 1_000_000_000n}${fraction && `.${fraction}`}s`);
  return sign + parts.join(' ');
}
