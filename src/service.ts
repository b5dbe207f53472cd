import { ConditionTimeouts } from './conditions/condition-timeouts.ts';
import type { Config, DatabaseConfig } from './config.ts';
import { checkExecutorIsSafe } from './executor/loopback.ts';
import type { Executor } from './executor/executor.ts';
import { type Logger, sourceLogger } from './logger.ts';
import { type Couriers, openCouriers, tellingOf } from './remote/open.ts';
import { databaseReadiness } from './repository/database.ts';
import type { Dialect } from './repository/dialects/dialect.ts';
import { openDatabase } from './repository/open.ts';
import type { Change } from './repository/write/flush.ts';
import { GroupCommit } from './repository/write/group-commit.ts';
import { systemClock } from './runs/instant.ts';
import type { SchedulerLoop } from './scheduler/loop.ts';
import { openScheduler } from './scheduler/open.ts';
import { openConsole } from './server/console/console.ts';
import { storageSources } from './server/console/content-policy.ts';
import { createMetrics, type Metrics } from './server/metrics.ts';
import { createReadiness, type ReadinessCheck } from './server/readiness.ts';
import { createServer, type Server } from './server/server.ts';
import type { WorkerLink } from './server/workers/worker.ts';
import { openSecrets } from './secrets/open.ts';
import type { SecretStore } from './secrets/store.ts';
import { registerServices } from './services.ts';
import { openStorage, type OpenStorage } from './storage/open.ts';
import { STORAGE_PREFIX } from './storage/signing.ts';
import { VERSION } from './version.ts';
import { createWatch, type Watch } from './watch/watch.ts';

/** Milliseconds between two looks of the executor at what other processes may have changed. */
const EXECUTOR_POLL_MS = 1000;
/** The same where other workers of this service put most of the actions into the queue. */
const WORKERS_POLL_MS = 200;

/** Milliseconds between two looks at the conditions that other processes may have made. */
const CONDITIONS_POLL_MS = 5000;

/** The service, listening. */
export interface Service {
  /** The base that clients use. */
  readonly url: string;
  readonly metrics: Metrics;
  readonly dialect: Dialect;
  readonly server: Pick<Server, 'drain'>;
  /** What ends after the last call has, one after the other, the database last. */
  readonly steps: readonly (() => Promise<void>)[];
  /** Drains the server and ends the rest; resolves with whether every call in flight finished. */
  close(): Promise<boolean>;
}

/**
 * Starts config, database, watch, services, server, in this order; they end in the opposite one. Throws a StartupError
 * that says what to change; then nothing is left open. `processMetrics` adds those of the process to /metrics. With a `link` this is
 * one of several workers, and only the first of them runs tasks and fires triggers.
 */
export async function startService(
  config: Config,
  logger: Logger,
  options: { processMetrics?: boolean; link?: WorkerLink } = {},
): Promise<Service> {
  checkExecutorIsSafe(config);
  const metrics = createMetrics({ process: options.processMetrics ?? true });
  const { link } = options;
  const alone = link === undefined;
  const first = alone || link.number === 0;
  const dialect = await openDatabase(shareOf(config), config.runs.organizations, {
    onQuery: (seconds) => metrics.databaseSeconds.observe({ operation: 'statement' }, seconds),
    onConnectionError: (error) => logger.warn({ err: error }, 'a database connection broke'),
    onWaiting: (reason) => logger.warn({ reason }, 'waiting for the database'),
  });
  let executor: Executor | undefined;
  const executesHere = first && config.executor.kind === 'process' && config.executor.process.embedded;
  const watch = createWatch({
    dialect,
    watchBufferSize: config.runs.watchBufferSize,
    clock: systemClock,
    logger: sourceLogger(logger, 'watch'),
    metrics,
    // What another replica aborts. Nobody else wants to know everything, and then not everything is read.
    ...(executesHere ? { onChanges: (changes: readonly Change[]) => executor?.changed(changes) } : {}),
  });
  let couriers: Couriers | undefined;
  let conditions: ConditionTimeouts | undefined;
  const writer = new GroupCommit(dialect, {
    clock: systemClock,
    maxQueued: config.runs.write.maxQueued,
    maxBatch: config.runs.write.maxBatch,
    onCommitted: (flushed) => {
      watch.committed(flushed);
      executor?.committed(flushed);
      couriers?.committed(flushed);
      conditions?.committed(flushed);
    },
    telling: tellingOf(config),
    onBatch: (size, queued) => {
      metrics.batchSize.observe(size);
      metrics.queueDepth.set(queued);
    },
  });
  let scheduler: SchedulerLoop | undefined;
  const steps = [
    async () => scheduler?.stop(),
    async () => executor?.stop(),
    async () => couriers?.stop(),
    async () => conditions?.stop(),
    () => writer.close(),
    () => watch.stop(),
    () => dialect.close(),
  ];
  const closeAll = async () => {
    for (const step of steps) await step();
  };
  try {
    await watch.start();
    const storage = await openStorage(config.storage, dialect, sourceLogger(logger, 'storage'));
    const secrets = await openSecrets(config.secrets, dialect);
    let port = config.runs.server.port;
    if (executesHere) {
      // Loaded only by those who run tasks here.
      const { openExecutor } = await import('./executor/open.ts');
      executor = await openExecutor({
        config,
        logger: sourceLogger(logger, 'executor'),
        dialect,
        writer,
        storage,
        metrics: metrics.executor,
        port: () => port,
        pollMs: alone ? EXECUTOR_POLL_MS : WORKERS_POLL_MS,
      });
    }
    couriers = openCouriers({ config, logger, dialect, writer, storage, metrics: metrics.outbox });
    conditions = new ConditionTimeouts({
      dialect,
      writer,
      clock: systemClock,
      logger: sourceLogger(logger, 'conditions'),
      pollMs: CONDITIONS_POLL_MS,
    });
    const checks = [
      ...(executor === undefined ? [] : [executor.readiness]),
      ...couriers.checks,
      ...(alone ? [] : [link.readiness]),
    ];
    if (first) {
      scheduler = openScheduler({ config, logger: sourceLogger(logger, 'scheduler'), dialect, writer });
    }
    link?.onReport(metrics.snapshot);
    const onTriggersChanged = () => scheduler?.hint();
    const server = openServer({
      onTriggersChanged,
      config,
      logger,
      metrics: alone ? metrics : { ...metrics, render: async () => metrics.render(await link.collect()) },
      dialect,
      writer,
      watch,
      storage,
      secrets,
      checks,
    });
    const { url } = await server.listen();
    port = Number(new URL(url).port) || port;
    await executor?.start();
    couriers.start();
    conditions.start();
    scheduler?.start();
    link?.listening(url);
    // A task that started now would lose the service soon: what waits is left to the next start.
    const drain = async () => (await Promise.all([server.drain(), executor?.stop()]))[0];
    return {
      url,
      metrics,
      dialect,
      server: { drain },
      steps,
      async close() {
        const graceful = await drain();
        await closeAll();
        return graceful;
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** The database as one of the workers uses it: together they open as many connections as they may. */
function shareOf({ database, runs }: Config): DatabaseConfig {
  const { workers } = runs.server;
  if (database.kind === 'sqlite' || workers === 1) return database;
  const share = (connections: number) => Math.max(2, Math.floor(connections / workers));
  return {
    ...database,
    maxOpenConnections: share(database.maxOpenConnections),
    maxIdleConnections: share(database.maxIdleConnections),
  };
}

interface Opened {
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly dialect: Dialect;
  readonly writer: GroupCommit;
  readonly watch: Watch;
  readonly storage: OpenStorage;
  readonly secrets: SecretStore;
  readonly onTriggersChanged: () => void;
  /** Beside those of the database. */
  readonly checks: readonly ReadinessCheck[];
}

function openServer(opened: Opened): Server {
  const { config, logger, metrics, dialect, writer, watch, storage, secrets } = opened;
  const readiness = createReadiness({
    checks: [databaseReadiness(dialect), watch.readiness, ...opened.checks],
  });
  const { organizations } = config.runs;
  const console = openConsole({ organizations, storage: storageSources(config.storage) });
  return createServer({
    config: config.runs,
    version: VERSION,
    logger: sourceLogger(logger, 'server'),
    metrics,
    readiness,
    routes: registerServices({
      config,
      logger: sourceLogger(logger, 'rpc'),
      dialect,
      writer,
      watch,
      storage,
      secrets,
      onTriggersChanged: opened.onTriggersChanged,
    }),
    httpRoutes: storage.handler ? [{ prefix: STORAGE_PREFIX, handler: storage.handler }] : [],
    ...(console === undefined ? {} : { console }),
  });
}
