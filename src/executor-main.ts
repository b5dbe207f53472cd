import { loadConfig, StartupError } from './config.ts';
import { parseCommandLine } from './config/cli.ts';
import { openExecutor } from './executor/open.ts';
import { createLogger } from './logger.ts';
import { tellingOf } from './remote/open.ts';
import { databaseReadiness } from './repository/database.ts';
import { openDatabase } from './repository/open.ts';
import { GroupCommit } from './repository/write/group-commit.ts';
import type { Flushed } from './repository/write/flush.ts';
import { systemClock } from './runs/instant.ts';
import { logCrashes, shutdownOnSignal, startOrExit } from './server/lifecycle.ts';
import { createMetrics } from './server/metrics.ts';
import { createReadiness } from './server/readiness.ts';
import { startStatusServer } from './server/status-server.ts';
import { openSecrets } from './secrets/open.ts';
import { openStorage } from './storage/open.ts';
import { VERSION } from './version.ts';
import { Notifier } from './watch/notifier.ts';

/** Milliseconds between two looks at the queue, which another process fills. */
const POLL_MS = 200;

/** Starts an executor without the service, on the same database and configuration; signals end it, its tasks run on. */
async function start(configFile: string): Promise<void> {
  const { config, warnings } = loadConfig(configFile);
  if (config.executor.kind !== 'process') {
    throw new StartupError(
      `executor.kind is ${config.executor.kind}: the service puts nothing into the queue; set it to process for both`,
    );
  }
  const { server } = config.runs;
  if (server.port === 0 && config.executor.process.endpoint === undefined) {
    throw new StartupError(
      'runs.server.port is 0, so tasks would not find the service; set it, or executor.process.endpoint',
    );
  }
  const logger = createLogger(config.logger);
  logCrashes(logger);
  for (const warning of warnings) logger.warn(warning);
  const { statusPort } = config.executor.process;
  const metrics = createMetrics({ process: statusPort !== undefined });
  const dialect = await openDatabase(config.database, config.runs.organizations, {
    onQuery: (seconds) => metrics.databaseSeconds.observe({ operation: 'statement' }, seconds),
    onConnectionError: (error) => logger.warn({ err: error }, 'a database connection broke'),
    onWaiting: (reason) => logger.warn({ reason }, 'waiting for the database'),
  });
  await openSecrets(config.secrets, dialect);
  let committed = (_flushed: Flushed): void => {};
  const writer = new GroupCommit(dialect, {
    clock: systemClock,
    maxQueued: config.runs.write.maxQueued,
    maxBatch: config.runs.write.maxBatch,
    telling: tellingOf(config),
    onBatch: (size, queued) => {
      metrics.batchSize.observe(size);
      metrics.queueDepth.set(queued);
    },
    onCommitted: (flushed) => {
      committed(flushed);
      // The service's watches hear of it without waiting for their next look.
      notifier.wrote();
    },
  });
  const notifier = new Notifier({
    send: async () => dialect.notify?.(),
    isAwaited: async () => (await dialect.isAwaited?.()) ?? false,
  });
  const listener = await dialect.listen?.({
    onHint: () => {},
    onAsked: () => notifier.asked(),
    onConnected: () => notifier.unsure(),
  });
  const executor = await openExecutor({
    config,
    logger,
    dialect,
    writer,
    storage: await openStorage(config.storage, dialect, logger),
    metrics: metrics.executor,
    port: () => server.port,
    pollMs: POLL_MS,
  });
  committed = executor.committed;
  const readiness = createReadiness({ checks: [databaseReadiness(dialect), executor.readiness] });
  const status =
    statusPort === undefined
      ? undefined
      : await startStatusServer({
          port: statusPort,
          key: 'executor.process.statusPort',
          metrics,
          readiness,
          logger,
        });
  await executor.start();
  const drain = async (): Promise<boolean> => {
    readiness.drain();
    return true;
  };
  shutdownOnSignal({
    logger,
    server: { drain },
    close: [
      () => executor.stop(),
      () => writer.close(),
      async () => status?.close(),
      async () => notifier.stop(),
      async () => listener?.close(),
      () => dialect.close(),
    ],
  });
  logger.info(
    `executor ${VERSION} runs up to ${config.executor.process.maxProcesses} tasks at once in ${config.executor.process.workDir}${status ? `, status at ${status.url}` : ''}`,
  );
}

const command = parseCommandLine(process.argv.slice(2), VERSION);
if (command.action === 'exit') process.exitCode = command.code;
else await startOrExit(() => start(command.configFile));
