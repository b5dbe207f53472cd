import { StartupError } from '../config.ts';
import type { Logger } from '../logger.ts';
import type { Server } from './server.ts';
import type { WorkerLink } from './workers/worker.ts';

/** What ends with the process. */
export interface ShutdownOptions {
  logger: Logger;
  server: Pick<Server, 'drain'>;
  /** Run one after the other when the last call has ended, the database last. */
  close: readonly (() => Promise<void>)[];
  /** How long all of `close` may take, in milliseconds; 10 seconds unless given. */
  closeTimeoutMs?: number;
  /** For tests. */
  process?: Pick<NodeJS.Process, 'on' | 'exit'>;
}

/**
 * Ends the process on SIGTERM or SIGINT: drains the server, closes the rest, and exits with 0, or with 1 when
 * closing failed or hung. A second signal exits at once. Returns a function that starts the same from inside.
 */
export function shutdownOnSignal(options: ShutdownOptions): (reason: string) => void {
  const { process: host = process } = options;
  const begin = prepareShutdown(options);
  host.on('SIGTERM', () => begin('SIGTERM'));
  host.on('SIGINT', () => begin('SIGINT'));
  return begin;
}

function prepareShutdown(options: ShutdownOptions): (reason: string) => void {
  const { logger, server, close, closeTimeoutMs = 10_000, process: host = process } = options;
  let begun = false;

  async function shutdown(reason: string): Promise<void> {
    logger.info({ reason }, 'shutting down: no new calls, waiting for those in flight');
    const graceful = await server.drain();
    if (!graceful) logger.warn('calls that were still in flight were cut');
    const late = setTimeout(() => {
      logger.error('closing took too long');
      host.exit(1);
    }, closeTimeoutMs);
    for (const step of close) await step();
    clearTimeout(late);
    logger.info('stopped');
  }

  return (reason: string) => {
    if (begun) {
      logger.warn({ reason }, 'stopping at once');
      host.exit(1);
      return;
    }
    begun = true;
    shutdown(reason).then(
      () => host.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'shutting down failed');
        host.exit(1);
      },
    );
  };
}

/**
 * Ends a worker, in the same way, when it is told to by the process that started it, or by SIGTERM. Both may come: service managers send
 * signals to all processes. Ctrl-C in a terminal reaches all of them too, and there the process that started the workers decides.
 */
export function shutdownWorker(options: ShutdownOptions & { link: Pick<WorkerLink, 'onStop'> }): void {
  const { link, process: host = process } = options;
  const begin = prepareShutdown(options);
  let begun = false;
  const once = (reason: string) => {
    if (!begun) begin(reason);
    begun = true;
  };
  link.onStop(once);
  host.on('SIGTERM', () => once('SIGTERM'));
  host.on('SIGINT', () => undefined);
}

/**
 * Runs the start of the process. A StartupError ends it with its sentence on standard error and exit code 1;
 * so does any other error, then with its stack, because that is a defect.
 */
export async function startOrExit(start: () => Promise<void>): Promise<void> {
  try {
    await start();
  } catch (error) {
    const text =
      error instanceof StartupError ? error.message : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`runs-service: ${text}\n`, () => process.exit(1));
  }
}

/** Writes a defect that ends the process into the log before Node.js ends it; changes nothing else. */
export function logCrashes(logger: Logger): void {
  process.on('uncaughtExceptionMonitor', (error, origin) =>
    logger.fatal({ err: error, origin }, 'a defect ends the process'),
  );
}
