/**
 * `node bench/console/run-page.ts [ACTIONS]`: the page of a run with 50,000 actions in a real browser (chromium from PATH), served by a
 * service of its own that has the console built (`make build` does that). Prints how long the first view takes, and the longest task of the
 * page's thread while the tree is scrolled, while it is scrolled and 200 actions a second change, and while a person types into
 * the filter. The exit code is 1 if the first view takes 2 s or longer, or a task while scrolling longer than 100 ms.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { startServiceProcess } from '../../test/support/service-process.ts';
import { keepChanging, type LargeRun, seedLargeRun } from './seed-run.ts';

const FIRST_VIEW_MS = 2000;
const LONG_TASK_MS = 100;
const SCROLL_MS = 6000;
const ROUNDS = 3;
const actions = Number(process.argv[2] ?? 50_000);

interface View {
  /** Milliseconds until the screen is full of lines. */
  readonly first: number;
  /** Milliseconds until every action was told. */
  readonly all: number;
  readonly tasks: number[];
}

interface Scrolled {
  /** Durations of tasks longer than 50 ms. */
  readonly tasks: number[];
  readonly frames: number;
  readonly pixels: number;
}

const folder = await mkdtemp(join(tmpdir(), 'runs-bench-console-'));
const service = await startServiceProcess({
  environment: {
    DATABASE_SQLITE_FILE: join(folder, 'runs.db'),
    STORAGE_FOLDER: join(folder, 'storage'),
  },
});
let browser: Browser | undefined;
try {
  const run: LargeRun = { url: service.url, project: 'bench', domain: 'development', name: 'large', actions };
  await seedLargeRun(run);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
  const address = `${service.url}/v2/domain/${run.domain}/project/${run.project}/runs/${run.name}`;
  const views: View[] = [];
  for (let round = 0; round < ROUNDS; round++) views.push(await firstView(browser, address));
  const page = await opened(browser, `${address}?find=item`);
  const still = await scroll(page);
  const ended = new AbortController();
  const changing = keepChanging(run, 200, ended.signal);
  const changed = await scroll(page);
  await page.goto(`${address}?view=timeline&find=item`);
  await told(page);
  const timeline = await scroll(page);
  ended.abort();
  await changing;
  const typed = await type(page, address);
  const first = median(views.map((view) => view.first));
  print([
    [`actions of the run`, actions.toLocaleString('en')],
    [`first view, median of ${ROUNDS} (bound: ${FIRST_VIEW_MS} ms)`, ms(first)],
    ['every action told', ms(median(views.map((view) => view.all)))],
    ['longest task until then', ms(Math.max(0, ...views.flatMap((view) => view.tasks)))],
    ...scrolled('all lines, scrolled', still),
    ...scrolled('and 200 actions/s change', changed),
    ...scrolled('timeline, 200 actions/s change', timeline),
    ['longest task while typing into the filter', ms(Math.max(0, ...typed))],
  ]);
  const longest = Math.max(0, ...still.tasks, ...changed.tasks, ...timeline.tasks);
  process.exitCode = first < FIRST_VIEW_MS && longest <= LONG_TASK_MS ? 0 : 1;
} finally {
  await browser?.close();
  await service.stop();
  await rm(folder, { recursive: true, force: true });
}

/** From the click to a screen full of lines, and to the last action; nothing is cached. */
async function firstView(chrome: Browser, address: string): Promise<View> {
  const context = await chrome.newContext({ viewport: { width: 1440, height: 860 } });
  try {
    const page = await context.newPage();
    await observe(page);
    const began = performance.now();
    await page.goto(address, { waitUntil: 'commit' });
    await page.locator('[data-testid=actions] tbody tr').nth(20).waitFor();
    const first = performance.now() - began;
    await told(page);
    return { first, all: performance.now() - began, tasks: await tasksOf(page) };
  } finally {
    await context.close();
  }
}

async function opened(chrome: Browser, address: string): Promise<Page> {
  const page = await chrome.newPage({ viewport: { width: 1440, height: 860 } });
  await observe(page);
  await page.goto(address);
  await told(page);
  return page;
}

/** Resolves when the page has every action that the run was seeded with. */
async function told(page: Page): Promise<void> {
  await page.evaluate(`bench.told(${actions})`);
}

/** Notes every task of the page's thread that takes longer than 50 ms. */
async function observe(page: Page): Promise<void> {
  await page.addInitScript({ path: join(import.meta.dirname, 'in-page.js') });
}

function tasksOf(page: Page): Promise<number[]> {
  return page.evaluate<number[]>('bench.takeTasks()');
}

/** Scrolls with the wheel, at first slowly, then by pages, and counts the frames that were painted. */
async function scroll(page: Page): Promise<Scrolled> {
  await page.locator('[data-testid=actions]').hover({ position: { x: 300, y: 300 } });
  await tasksOf(page);
  const counting = page.evaluate<number>(`bench.countFrames(${SCROLL_MS})`);
  const began = performance.now();
  let pixels = 0;
  while (performance.now() - began < SCROLL_MS) {
    const step = performance.now() - began < SCROLL_MS / 2 ? 120 : 3000;
    await page.mouse.wheel(0, step);
    pixels += step;
  }
  return { frames: await counting, tasks: await tasksOf(page), pixels };
}

async function type(page: Page, address: string): Promise<number[]> {
  await page.goto(address);
  await told(page);
  await tasksOf(page);
  await page.getByLabel('Find actions by name').pressSequentially('item-49', { delay: 60 });
  await page.getByText(' of ').first().waitFor();
  return tasksOf(page);
}

function scrolled(what: string, { tasks, frames, pixels }: Scrolled): [string, string][] {
  return [
    [`${what}: longest task (bound: ${LONG_TASK_MS} ms)`, ms(Math.max(0, ...tasks))],
    [`${what}: tasks longer than 50 ms`, String(tasks.length)],
    [`${what}: frames per second`, (frames / (SCROLL_MS / 1000)).toFixed(0)],
    [`${what}: pixels`, pixels.toLocaleString('en')],
  ];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}

function print(rows: readonly (readonly [string, string])[]): void {
  for (const [what, figure] of rows) console.log(`${what.padEnd(68)}${figure.padStart(12)}`);
}
