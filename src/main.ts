import { type DatabaseConfig, loadConfig } from './config.ts';
import { parseCommandLine } from './config/cli.ts';
import { createLogger, sourceLogger } from './logger.ts';
import { isMigrated } from './repository/database.ts';
import { openDatabase } from './repository/open.ts';
import { GroupCommit } from './repository/write/group-commit.ts';
import { systemClock } from './runs/instant.ts';
import { shutdownOnSignal, startOrExit } from './server/lifecycle.ts';
import { createMetrics } from './server/metrics.ts';
import { createReadiness } from './server/readiness.ts';
import { createServer } from './server/server.ts';
import { openStorage, registerServices } from './services.ts';
import { STORAGE_PREFIX } from './storage/signing.ts';
import { VERSION } from './version.ts';

/** Config, database, watch, services, server, in this order; they end in the opposite one. */
async function start(configFile: string): Promise<void> {
  const { config, warnings } = loadConfig(configFile);
  const logger = createLogger(config.logger);
  for (const warning of warnings) logger.warn(warning);
  const metrics = createMetrics({ process: true });
  const dialect = await openDatabase(config.database, config.runs.organizations, {
    onQuery: (seconds) => metrics.databaseSeconds.observe({ operation: 'statement' }, seconds),
    onConnectionError: (error) => logger.warn({ err: error }, 'a database connection broke'),
    onWaiting: (reason) => logger.warn({ reason }, 'waiting for the database'),
  });
  const writer = new GroupCommit(dialect, {
    clock: systemClock,
    maxQueued: config.runs.write.maxQueued,
    maxBatch: config.runs.write.maxBatch,
    onCommitted: () => {},
    onBatch: (size, queued) => {
      metrics.batchSize.observe(size);
      metrics.queueDepth.set(queued);
    },
  });
  const storage = await openStorage(config, dialect, sourceLogger(logger, 'storage'));
  const readiness = createReadiness({
    checks: [
      {
        name: 'database',
        check: async () => {
          if (!(await isMigrated(dialect)))
            throw new Error('the schema of the database is not that of this version');
        },
      },
    ],
  });
  const server = createServer({
    config: config.runs,
    version: VERSION,
    logger: sourceLogger(logger, 'server'),
    metrics,
    readiness,
    routes: registerServices({ config, logger: sourceLogger(logger, 'rpc'), dialect, writer, storage }),
    httpRoutes: [{ prefix: STORAGE_PREFIX, handler: storage.handler }],
  });
  const { url } = await server.listen();
  shutdownOnSignal({ logger, server, close: [() => writer.close(), () => dialect.close()] });
  logger.info(
    `runs service ${VERSION} listens on ${url} (Connect, gRPC, gRPC-Web), database ${databaseText(config.database)}`,
  );
  logger.info(`next: curl ${url}/readyz, or make integration-test, or see the README for a first run`);
}

/** Which database is in use, without anything secret. */
function databaseText(database: DatabaseConfig): string {
  if (database.kind === 'sqlite') return `SQLite ${database.file}`;
  return `PostgreSQL ${database.dbname} on ${database.host}:${database.port}`;
}

const command = parseCommandLine(process.argv.slice(2), VERSION);
if (command.action === 'exit') process.exitCode = command.code;
else await startOrExit(() => start(command.configFile));
