import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type Transport } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import type { Browser, BrowserContext, ConsoleMessage, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { DataProxyService } from '../../src/gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import { TaskService } from '../../src/gen/flyteidl2/task/task_service_pb.js';
import { TriggerService } from '../../src/gen/flyteidl2/trigger/trigger_service_pb.js';
import { InternalRunService } from '../../src/gen/flyteidl2/workflow/internal_run_service_pb.js';
import { RunService } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { TrackedRunService } from '../../src/gen/flyteidl2/workflow/tracked_run_service_pb.js';
import { freePort } from '../support/postgres-server.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { launchBrowser } from './chromium.ts';
import { type Seeded, seed } from './seed.ts';

const ORG = 'default';
const root = join(import.meta.dirname, '../..');

/** How long the page may take to show what it should: a multiple of what it takes, for machines that are busy. */
export const PATIENCE_MS = 30_000;

/** The project that the tests look at. */
export const scope = { project: 'shop', domain: 'development' } as const;

/** Where its pages are. */
export const base = `/v2/domain/${scope.domain}/project/${scope.project}`;

/** The service with sample data, a browser, and clients to ask the service what really happened. */
export interface ConsoleSuite {
  readonly url: string;
  readonly seeded: Seeded;
  readonly api: Clients;
  readonly transport: Transport;
  /** Opens a page of the console; what the browser complains about fails the test in its end. */
  open(path: string, options?: OpenOptions): Promise<Page>;
  /** Ends the service, as a deployment does. */
  stop(): Promise<void>;
  /** Starts it again, on the same port and the same data. */
  start(): Promise<void>;
}

/** How a page is looked at: by default in light colours, 1440 pixels wide, in UTC. */
export interface OpenOptions {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly timezoneId?: string;
}

/** Clients of the services that tests ask. */
export type Clients = ReturnType<typeof clientsOf>;

function clientsOf(transport: Transport) {
  return {
    runs: createClient(RunService, transport),
    tracked: createClient(TrackedRunService, transport),
    internal: createClient(InternalRunService, transport),
    tasks: createClient(TaskService, transport),
    triggers: createClient(TriggerService, transport),
    data: createClient(DataProxyService, transport),
  };
}

/** A run as requests name it. */
export function runId(name: string) {
  return { org: ORG, ...scope, name };
}

/** An action as requests name it. */
export function actionId(run: string, name = 'a0') {
  return { run: runId(run), name };
}

/** The project as requests name it. */
export const projectId = { organization: ORG, domain: scope.domain, name: scope.project };

/** Starts service and browser before the tests of a file, with so many sample runs, and ends them behind them. */
export function consoleSuite(runs: number, environment: Record<string, string> = {}): ConsoleSuite {
  let folder = '';
  let port = 0;
  let service: ServiceProcess | undefined;
  let browser: Browser | undefined;
  let shared: Promise<BrowserContext> | undefined;
  // Pages that are used again: a new one costs three times as much as another address in an old one.
  const idle: Page[] = [];
  let seeded: Seeded = { runs: [] };
  let api: Clients;
  let transport: Transport;

  const database = () => join(folder, 'runs.db');
  const start = async () => {
    service = await startServiceProcess({
      port,
      environment: {
        DATABASE_SQLITE_FILE: database(),
        STORAGE_FOLDER: join(folder, 'storage'),
        SECRETS_KEY_FILE: join(folder, 'secrets.key'),
        EXECUTOR_PROCESS_WORK_DIR: join(folder, 'work'),
        // Streams of open pages need not be waited for.
        RUNS_SERVER_SHUTDOWN_GRACE: '1s',
        ...environment,
      },
    });
  };

  beforeAll(async () => {
    if (!existsSync(join(root, 'dist/console/index.html')))
      throw new Error('the console is not built: run these tests with `make test`, or `npm run build` first');
    folder = await mkdtemp(join(tmpdir(), 'runs-console-'));
    port = await freePort();
    const launched = launchBrowser().then((started) => {
      browser = started;
    });
    await start();
    const url = `http://127.0.0.1:${port}`;
    transport = createConnectTransport({ baseUrl: url, httpVersion: '2' });
    api = clientsOf(transport);
    if (runs > 0) seeded = await seed({ url, database: database(), runs, ...scope });
    await launched;
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await service?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  return {
    get url() {
      return `http://127.0.0.1:${port}`;
    },
    get seeded() {
      return seeded;
    },
    get api() {
      return api;
    },
    get transport() {
      return transport;
    },
    async open(path, { viewport = { width: 1440, height: 900 }, timezoneId } = {}) {
      if (browser === undefined) throw new Error('The browser has not started.');
      if (timezoneId === undefined) shared ??= newContext(browser, 'UTC');
      const own = timezoneId === undefined ? undefined : await newContext(browser, timezoneId);
      const page = (own ? undefined : idle.pop()) ?? (await (own ?? (await shared))?.newPage());
      if (page === undefined) throw new Error('The browser opens no page.');
      const heard = complaintsOf(page);
      onTestFinished(async () => {
        // What a person keeps in the browser is nothing to the next test.
        await page.evaluate('localStorage.clear()');
        heard.stop();
        if (own === undefined) idle.push(await rested(page));
        else await own.close();
        expect(heard.complaints, 'what the browser complained about').toEqual([]);
      });
      await page.setViewportSize(viewport);
      await page.goto(`http://127.0.0.1:${port}${path}`);
      return page;
    },
    start,
    async stop() {
      await service?.stop();
      service = undefined;
    },
  };
}

async function newContext(browser: Browser, timezoneId: string): Promise<BrowserContext> {
  const context = await browser.newContext({ colorScheme: 'light', reducedMotion: 'reduce', timezoneId });
  context.setDefaultTimeout(PATIENCE_MS);
  return context;
}

/** A page with nothing on it that could still ask the service for something. */
async function rested(page: Page): Promise<Page> {
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto(new URL('/icon.svg', page.url()).href);
  return page;
}

/** Errors of scripts and of the Content-Security-Policy; a request that fails is the page's to show. */
function complaintsOf(page: Page) {
  const complaints: string[] = [];
  const onError = (error: Error) => void complaints.push(String(error));
  const onConsole = (message: ConsoleMessage) => {
    const text = message.text();
    if (message.type() === 'error' && !text.startsWith('Failed to load resource')) complaints.push(text);
  };
  page.on('pageerror', onError);
  page.on('console', onConsole);
  const stop = () => void page.off('pageerror', onError).off('console', onConsole);
  return { complaints, stop };
}

/** Asks until the answer is as expected: `await eventually(() => count()).toBe(3)`. */
export function eventually<T>(ask: () => T | Promise<T>) {
  return expect.poll(ask, { timeout: PATIENCE_MS, interval: 50 });
}
