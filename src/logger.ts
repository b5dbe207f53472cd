import {
  type DestinationStream,
  type Logger,
  type LoggerOptions,
  destination as openDestination,
  pino,
  stdTimeFunctions,
} from 'pino';
import pinoPretty from 'pino-pretty';
import type { Config } from './config.ts';

export type { Logger } from 'pino';

/** Names of fields whose values never reach the log, at the top and one level deep. */
const secrets = ['password', 'authorization', 'cookie', 'token', 'secret', 'signingKey'];

/** Loggers whose lines name the part of the service that wrote them. */
const showingSource = new WeakSet<Logger>();

/**
 * The log of one part of the service, such as `watch`: with `logger.show-source` each of its lines names the
 * part, otherwise it is the log that was given.
 */
export function sourceLogger(logger: Logger, source: string): Logger {
  return showingSource.has(logger) ? logger.child({ source }) : logger;
}

/**
 * The log of the process, on standard output unless another destination is given: lines for people in a
 * terminal, JSON otherwise (`logger.format` decides else). Passwords, tokens and the like are replaced. A
 * line is written when the call returns, so a crash loses none.
 */
export function createLogger(config: Config['logger'], destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    level: config.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: {
      level: (label) => ({ level: label }),
    },
    onChild: (child) => {
      if (config.showSource) showingSource.add(child);
    },
    redact: { paths: secrets.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
  };
  const logger = pino(options, openOutput(config, destination));
  if (config.showSource) showingSource.add(logger);
  return logger;
}

function openOutput(config: Config['logger'], destination?: DestinationStream): DestinationStream {
  const terminal = !destination && process.stdout.isTTY === true;
  const output = destination ?? openDestination({ dest: 1, sync: true });
  if (config.format === 'json' || (config.format === 'auto' && !terminal)) return output;
  // In this process, not in a worker thread: nothing is lost at the end, and a bundle needs no further file.
  const format = pinoPretty.prettyFactory({
    colorize: terminal,
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
  });
  return { write: (line: string) => output.write(format(line)) };
}
