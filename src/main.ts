import cluster from 'node:cluster';
import { type Config, type DatabaseConfig, loadConfig } from './config.ts';
import { parseCommandLine } from './config/cli.ts';
import { createLogger, type Logger } from './logger.ts';
import { logCrashes, shutdownOnSignal, shutdownWorker, startOrExit } from './server/lifecycle.ts';
import { linkWorker, workerNumber } from './server/workers/worker.ts';
import { VERSION } from './version.ts';

/** Starts the service as its configuration says, in this process or in several; signals end it. */
async function start(configFile: string): Promise<void> {
  const { config, warnings } = loadConfig(configFile);
  const { workers } = config.runs.server;
  const logger = createLogger(config.logger);
  if (cluster.isWorker && workers > 1) return startWorker(config, logger, workers);
  logCrashes(logger);
  for (const warning of warnings) logger.warn(warning);
  if (workers > 1) {
    const { runWorkers } = await import('./server/workers/run-workers.ts');
    process.exit(await runWorkers(config, logger, (url) => greet(config, logger, url)));
  }
  const { startService } = await import('./service.ts');
  const { url, server, steps } = await startService(config, logger);
  shutdownOnSignal({ logger, server, close: steps });
  greet(config, logger, url);
}

/** One of several processes behind one port. */
async function startWorker(config: Config, parent: Logger, workers: number): Promise<void> {
  const number = workerNumber(process.env);
  const logger = parent.child({ worker: number });
  logCrashes(logger);
  const host = {
    send: (message: unknown) => void process.send?.(message),
    on: process.on.bind(process),
  };
  const link = linkWorker(host, number, workers);
  const { startService } = await import('./service.ts');
  const { server, steps } = await startService(config, logger, { link });
  shutdownWorker({ logger, server, close: steps, link });
}

function greet({ database, runs }: Config, logger: Logger, url: string): void {
  const processes = runs.server.workers > 1 ? `, ${runs.server.workers} workers` : '';
  logger.info(
    `runs service ${VERSION} listens on ${url} (Connect, gRPC, gRPC-Web), database ${databaseText(database)}${processes}`,
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
