/**
 * An example of how to use the service from TypeScript, and a quick test of one that runs: `node client/main.ts --url URL`.
 *
 * connect.ts makes the clients, seven-tests.ts calls RPCs one after the other, watch.ts follows streams. `--help` lists the options.
 */
import { connect } from './connect.ts';
import { readOptions, USAGE } from './options.ts';
import { runTests } from './seven-tests.ts';
import { errorText } from './text.ts';
import { watch } from './watch.ts';

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) return print(USAGE);
  const clients = connect(options.url);
  if (options.command === 'tests') return runTests(clients, options, print);
  const stop = new AbortController();
  // A second Ctrl-C ends the process as usual.
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  await watch(clients, options, { print, signal: stop.signal });
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${errorText(error)}\n`);
  process.exitCode = 1;
}
