import type { Duration } from '@bufbuild/protobuf/wkt';

/** Milliseconds of a duration; an unset or zero one is undefined, which stands for the default. */
export function durationMs(duration: Duration | undefined): number | undefined {
  if (!duration) return undefined;
  return Number(duration.seconds) * 1000 + duration.nanos / 1e6 || undefined;
}
