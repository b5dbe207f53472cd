/** One thing that must work before the service can take requests. */
export interface ReadinessCheck {
  readonly name: string;
  /** Set for what is worth a word in the report although requests are answered all the same. */
  readonly advisory?: boolean;
  /** Throws an error whose message is a sentence when the part is not ready. */
  check(): Promise<void>;
}

/** The state of one check. */
export interface CheckResult {
  readonly name: string;
  readonly ok: boolean;
  /** Why it is not ok; empty otherwise. */
  readonly message: string;
}

/** The state of the whole service. */
export interface ReadinessReport {
  readonly ready: boolean;
  readonly draining: boolean;
  readonly checks: readonly CheckResult[];
}

/** Whether the service can take requests, and since when not. */
export interface Readiness {
  /** The state, not older than `cacheMs`; never rejects. */
  report(): Promise<ReadinessReport>;
  /** From now on the service is not ready. */
  drain(): void;
  /** Calls back with the state whenever `ready` changes; returns what ends that. */
  watch(callback: (report: ReadinessReport) => void): () => void;
}

/** How readiness is found out, in milliseconds. */
export interface ReadinessOptions {
  readonly checks: readonly ReadinessCheck[];
  /** A check that takes longer counts as failed. */
  readonly timeoutMs?: number;
  /** Probes within this time share one answer, so that they cannot load the database. */
  readonly cacheMs?: number;
  /** How often the state is looked at while somebody watches. */
  readonly watchMs?: number;
}

const maxMessageLength = 300;

/** Runs the checks when somebody asks, each at most once at a time. */
export function createReadiness(options: ReadinessOptions): Readiness {
  const { checks, timeoutMs = 2000, cacheMs = 1000, watchMs = 2000 } = options;
  const running = new Map<ReadinessCheck, Promise<void>>();
  const watchers = new Set<(report: ReadinessReport) => void>();
  let draining = false;
  let cached: { report: ReadinessReport; until: number } | undefined;
  let pending: Promise<ReadinessReport> | undefined;
  let lastReady: boolean | undefined;
  let timer: NodeJS.Timeout | undefined;

  /** A check that hangs is not started again; whoever asks meanwhile waits for the same one. */
  function start(check: ReadinessCheck): Promise<void> {
    const current = running.get(check);
    if (current !== undefined) return current;
    const started = Promise.resolve()
      .then(() => check.check())
      .finally(() => running.delete(check));
    running.set(check, started);
    return started;
  }

  async function run(check: ReadinessCheck): Promise<CheckResult> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const limit = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    try {
      await Promise.race([start(check), late]);
      return { name: check.name, ok: true, message: '' };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { name: check.name, ok: false, message: message.slice(0, maxMessageLength) };
    } finally {
      clearTimeout(limit);
    }
  }

  async function look(): Promise<ReadinessReport> {
    const results = await Promise.all(checks.map(run));
    const inTheWay = results.some(({ ok }, i) => !ok && checks[i]?.advisory !== true);
    const report = { ready: !draining && !inTheWay, draining, checks: results };
    cached = { report, until: performance.now() + cacheMs };
    tell(report);
    return report;
  }

  function tell(report: ReadinessReport): void {
    if (report.ready === lastReady) return;
    lastReady = report.ready;
    for (const watcher of [...watchers]) watcher(report);
  }

  async function report(): Promise<ReadinessReport> {
    if (draining) return { ready: false, draining, checks: cached?.report.checks ?? [] };
    if (cached && performance.now() < cached.until) return cached.report;
    pending ??= look().finally(() => {
      pending = undefined;
    });
    return pending;
  }

  return {
    report,
    drain() {
      draining = true;
      clearInterval(timer);
      tell({ ready: false, draining, checks: cached?.report.checks ?? [] });
    },
    watch(callback) {
      const watcher = (state: ReadinessReport) => callback(state);
      watchers.add(watcher);
      if (watchers.size === 1 && !draining) timer = setInterval(() => void report(), watchMs).unref();
      return () => {
        watchers.delete(watcher);
        if (watchers.size === 0) clearInterval(timer);
      };
    },
  };
}
