import { type DatabaseConfig, loadConfig } from './config.ts';
import { parseCommandLine } from './config/cli.ts';
import { createLogger } from './logger.ts';
import { logCrashes, shutdownOnSignal, startOrExit } from './server/lifecycle.ts';
import { startService } from './service.ts';
import { VERSION } from './version.ts';

/** Starts the service as its configuration says; signals end it. */
async function start(configFile: string): Promise<void> {
  const { config, warnings } = loadConfig(configFile);
  const logger = createLogger(config.logger);
  logCrashes(logger);
  for (const warning of warnings) logger.warn(warning);
  const { url, server, steps } = await startService(config, logger);
  shutdownOnSignal({ logger, server, close: steps });
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
