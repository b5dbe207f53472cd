/** Runs that were executed for this service, or runs that reported themselves. Both have the same reads, watches and AbortRun. */
export type RunKind = 'runs' | 'tracked-runs';
