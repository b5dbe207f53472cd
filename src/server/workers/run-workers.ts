import type { Config } from '../../config.ts';
import type { Logger } from '../../logger.ts';
import { Primary } from './primary.ts';

/** What closing the database and the rest may take after the last call, in milliseconds. */
const CLOSE_MS = 15_000;

/**
 * Runs the service as several processes that share its port, until a signal ends them; resolves with the exit code. This process only
 * hands connections out and watches over the workers.
 */
export function runWorkers(config: Config, logger: Logger, onReady: (url: string) => void): Promise<number> {
  const { workers, shutdownGraceMs } = config.runs.server;
  const primary = new Primary({ workers, logger, stopTimeoutMs: shutdownGraceMs + CLOSE_MS, onReady });
  process.on('SIGTERM', () => primary.stop('SIGTERM'));
  process.on('SIGINT', () => primary.stop('SIGINT'));
  return primary.run();
}
