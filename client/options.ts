import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface Options {
  readonly command: 'tests' | 'watch';
  readonly url: string;
  readonly org: string;
  readonly project: string;
  readonly domain: string;
  /** Watch only this run and its actions. */
  readonly run: string | undefined;
  /** Watch runs that report to TrackedRunService, as those of the Python SDK with `local_tracked=True` do. */
  readonly tracked: boolean;
}

/** How the program is used. */
export const USAGE = `Usage: runs-client [watch] [OPTIONS]

Without a command: creates, reads, lists and aborts runs, and checks what the service answers.
watch: prints every update of the runs of a project, or of one run and its actions, until Ctrl-C.

  --url URL          the service (http://localhost:8090)
  --project PROJECT  (my-project)
  --domain DOMAIN    (development)
  --org ORG          counts only where the service keeps organizations apart (my-org)
  --run NAME         watch: only this run, with its actions, until it has ended
  --tracked          watch: runs that report from elsewhere, such as those of the Python SDK
  --help`;

/** Reads the command line (without the program); undefined if it asks for help. Throws an error with a sentence if it makes no sense. */
export function readOptions(args: string[]): Options | undefined {
  const text = (standard: string) => ({ type: 'string', default: standard }) as const;
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      url: text('http://localhost:8090'),
      project: text('my-project'),
      domain: text('development'),
      org: text('my-org'),
      run: { type: 'string' },
      tracked: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const [command = 'tests', ...rest] = positionals;
  if ((command !== 'tests' && command !== 'watch') || rest.length > 0) {
    throw new Error(`unknown command "${positionals.join(' ')}"; the only one is watch`);
  }
  if (!/^https?:$/.test(URL.parse(values.url)?.protocol ?? '')) {
    throw new Error(`--url must be an http or https URL, not "${values.url}"`);
  }
  const { url, org, project, domain, run, tracked } = values;
  return { command, url, org, project, domain, run, tracked };
}
