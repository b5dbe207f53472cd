import { delimiter } from 'node:path';

/** What a task's process is told about itself. */
export interface TaskIdentity {
  readonly org: string;
  readonly project: string;
  readonly domain: string;
  readonly runName: string;
  readonly actionName: string;
  /** Counted from 1. */
  readonly attempt: number;
  /** The URI of the folder of the run's results. */
  readonly runBase: string;
}

/** How a task reaches this service. */
export interface TaskEndpoint {
  /** `host:port`. */
  readonly address: string;
  readonly tls: boolean;
}

const DEFAULT_PATH = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Settings of the machine that a task needs like any other program. Nothing else passes: the service's environment may hold secrets. */
const PASSED_ON =
  /^(LANG|LC_\w+|TZ|TMPDIR|((HTTP|HTTPS|ALL|NO)_PROXY)|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|LD_LIBRARY_PATH|DYLD_\w+|CUDA_\w+|NVIDIA_\w+)$/i;

/** The variables of the service's own environment that tasks get. */
export function passedOn(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && PASSED_ON.test(name)) result[name] = value;
  }
  return result;
}

/**
 * The environment of a task's process. What comes later wins: the machine's settings, those of the project, the task's container, the run, its secrets, and
 * last what tells the task who it is and where its results go.
 */
export function taskEnvironment(parts: {
  identity: TaskIdentity;
  endpoint: TaskEndpoint;
  home: string;
  /** The folder of the interpreter's programs; it comes first in PATH. */
  binFolder: string | undefined;
  machine: Readonly<Record<string, string>>;
  storage: Readonly<Record<string, string>>;
  settings: Readonly<Record<string, string>>;
  container: Readonly<Record<string, string>>;
  run: Readonly<Record<string, string>>;
  secrets: Readonly<Record<string, string>>;
}): Record<string, string> {
  const { identity, endpoint, binFolder } = parts;
  const chosen = { ...parts.storage, ...parts.settings, ...parts.container, ...parts.run, ...parts.secrets };
  const path = [binFolder, chosen.PATH, ...DEFAULT_PATH].filter((one) => one !== undefined && one !== '');
  return {
    ...parts.machine,
    HOME: parts.home,
    // Else Python keeps back what a task prints until its buffer is full, and who follows the log sees nothing.
    PYTHONUNBUFFERED: '1',
    ...chosen,
    PATH: path.join(delimiter),
    ACTION_NAME: identity.actionName,
    RUN_NAME: identity.runName,
    _U_RUN_BASE: identity.runBase,
    // The SDK refuses to start without one.
    _U_ORG_NAME: identity.org || 'local',
    FLYTE_INTERNAL_EXECUTION_PROJECT: identity.project,
    FLYTE_INTERNAL_EXECUTION_DOMAIN: identity.domain,
    FLYTE_INTERNAL_EXECUTION_ID: identity.runName,
    FLYTE_ATTEMPT_NUMBER: String(identity.attempt - 1),
    _U_EP_OVERRIDE: endpoint.address,
    ...(endpoint.tls ? {} : { _U_INSECURE: 'true' }),
    _U_USE_ACTIONS: '1',
  };
}
