import { Command, CommanderError } from 'commander';
import { configReference } from './reference.ts';

/** What the command line asks for: start with a configuration file, or end with an exit code at once. */
export type CommandLine = { action: 'start'; configFile: string } | { action: 'exit'; code: number };

/**
 * Reads the command line (without the program). Help, version and complaints are written by then; `write`
 * and `writeError` exist so that tests can listen.
 */
export function parseCommandLine(
  args: readonly string[],
  version: string,
  write: (text: string) => void = (text) => process.stdout.write(text),
  writeError: (text: string) => void = (text) => process.stderr.write(text),
): CommandLine {
  const command = new Command('runs-service')
    .description('A Flyte 2 runs service on SQLite or PostgreSQL.')
    .option('--config <file>', 'configuration file (YAML)', 'config.yaml')
    .version(version, '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .addHelpText('after', keysHelp())
    .allowExcessArguments(false)
    .showSuggestionAfterError()
    .configureOutput({ writeOut: write, writeErr: writeError })
    .exitOverride();
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return { action: 'exit', code: error.exitCode };
    throw error;
  }
  return { action: 'start', configFile: command.opts<{ config: string }>().config };
}

function keysHelp(): string {
  const lines = configReference().map(
    (row) => `  ${row.environment}${row.default ? ` (${row.default})` : ''}`,
  );
  return ['', 'Every key of the file can be overridden by an environment variable (default):', ...lines].join(
    '\n',
  );
}
