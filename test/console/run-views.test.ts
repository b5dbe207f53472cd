import { create, toBinary } from '@bufbuild/protobuf';
import { type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt';
import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { InputsSchema } from '../../src/gen/flyteidl2/task/common_pb.js';
import { base, consoleSuite, eventually, runId, scope } from './harness.ts';
import { uploadFile, uploadOutputs } from './seed-outputs.ts';
import { addTask, becomes, createRun, Phase, text } from './stories.ts';

const suite = consoleSuite(0);
const result = text('o0', 'what came out of fetching');

/** One task after another, of which the third took what the first put out; then a loop of twelve, one of which failed. */
async function createSteps(name: string): Promise<void> {
  const { api, transport } = suite;
  const place = { org: 'default', ...scope };
  await createRun(api, name);
  await becomes(api, name, Phase.RUNNING);
  const outputUri = await uploadOutputs(transport, place, name, [result]);
  const inputs = toBinary(InputsSchema, create(InputsSchema, { literals: [{ ...result, name: 'text' }] }));
  const inputUri = await uploadFile(transport, place, `seed/${name}/n3`, 'inputs.pb', inputs);
  for (const [action, task] of [
    ['n1', 'demo.fetch'],
    ['n2', 'demo.wait'],
    ['n3', 'demo.load'],
  ] as const) {
    await addTask(api, name, action, { task, ...(action === 'n3' && { inputUri }) });
    await becomes(api, name, Phase.RUNNING, { action });
    await becomes(api, name, Phase.SUCCEEDED, { action, ...(action === 'n1' && { outputs: { outputUri } }) });
  }
  for (let i = 0; i < 12; i++) {
    const action = `turn${i}`;
    await addTask(api, name, action, { task: 'demo.turn' });
    await becomes(api, name, i === 7 ? Phase.ABORTED : Phase.SUCCEEDED, { action });
  }
  await becomes(api, name, Phase.SUCCEEDED);
}

beforeAll(() => createSteps('steps'));

const graph = (page: Page) => page.getByTestId('graph');
const edge = (page: Page, kind: string, from: string, to: string) =>
  graph(page).locator(`[data-id="${kind} ${from} ${to}"]`);

it('draws whose output went where', async () => {
  const page = await suite.open(`${base}/runs/steps?view=graph`);
  await edge(page, 'data', 'n1', 'n3').waitFor({ state: 'attached' });
  // What waited for data is not said to have waited for time as well.
  expect(await edge(page, 'then', 'n2', 'n3').count()).toBe(0);
  await edge(page, 'then', 'n1', 'n2').waitFor({ state: 'attached' });
});

it('draws a long loop as one box that opens', async () => {
  const page = await suite.open(`${base}/runs/steps?view=graph`);
  const turns = graph(page).getByTitle(/^turn: /);
  const stack = graph(page).getByTitle('turn: 12 alike; click to draw each');
  await stack.getByText('×12').waitFor();
  await stack.getByRole('img', { name: '11 succeeded, 1 aborted' }).waitFor();
  await stack.click();
  await eventually(() => turns.count()).toBe(12);
  await graph(page).getByTitle('turn: Aborted').click();
  await page.waitForURL('**/runs/steps/actions/turn7?view=graph');
  await graph(page).getByRole('button', { name: 'Stack what is alike' }).click();
  await stack.waitFor();
  expect(await turns.count()).toBe(1);
});

it('draws lines without measuring boxes, which a change in the meantime would undo', async () => {
  const { api } = suite;
  const actions = ['n1', 'n2', 'n3'];
  await createRun(api, 'changing');
  await becomes(api, 'changing', Phase.RUNNING);
  for (const action of actions) await addTask(api, 'changing', action, { task: `demo.${action}` });
  // A browser of its own, for it never tells the size of a box.
  const page = await suite.open('/icon.svg', { timezoneId: 'UTC' });
  await page.addInitScript(`
    globalThis.ResizeObserver = class extends ResizeObserver {
      observe(element, options) {
        if (!element.classList.contains('react-flow__node')) super.observe(element, options);
      }
    };`);
  await page.goto(`${suite.url}${base}/runs/changing?view=graph`);
  const line = (action: string) => edge(page, 'starts', 'a0', action).locator('path').first();
  for (const action of actions) await line(action).waitFor({ state: 'attached' });
  for (const phase of [Phase.INITIALIZING, Phase.RUNNING, Phase.PAUSED])
    for (const action of actions) await becomes(api, 'changing', phase, { action });
  for (const action of actions) {
    await graph(page).getByTitle(`${action}: Paused`).waitFor();
    await line(action).waitFor({ state: 'attached' });
  }
});

it('shows all of the picture when a group was unfolded', async () => {
  const { api } = suite;
  await createRun(api, 'grouped');
  for (const action of ['n1', 'n2', 'n3', 'n4'])
    await addTask(api, 'grouped', action, { task: `demo.${action}`, group: 'parts' });
  const page = await suite.open(`${base}/runs/grouped?view=graph`);
  const boxes = graph(page).locator('.react-flow__node');
  await graph(page)
    .getByTitle(/^parts: /)
    .click();
  await eventually(() => boxes.count()).toBe(6);
  const frame = await graph(page).boundingBox();
  /** How far the middle of all boxes is from that of the picture, in pixels. */
  const offset = async () => {
    const all = await Promise.all((await boxes.all()).map((box) => box.boundingBox()));
    const tops = all.map((box) => box?.y ?? 0);
    const lefts = all.map((box) => box?.x ?? 0);
    const { width = 0, height = 0 } = all[0] ?? {};
    const [x, y] = [lefts, tops].map((side) => (Math.min(...side) + Math.max(...side)) / 2);
    const right = (x ?? 0) + width / 2 - (frame?.x ?? 0) - (frame?.width ?? 0) / 2;
    const below = (y ?? 0) + height / 2 - (frame?.y ?? 0) - (frame?.height ?? 0) / 2;
    return Math.hypot(right, below);
  };
  await eventually(offset).toBeLessThan(3);
});

it('shows a part of the time that was chosen in the small picture, and all of it again', async () => {
  const page = await suite.open(`${base}/runs/steps?view=timeline`);
  const picture = page.locator('canvas[data-drawn]');
  await picture.waitFor();
  await eventually(() => picture.evaluate(countPainted)).toBeGreaterThan(100);
  const rows = page.getByRole('treegrid', { name: 'Actions' });
  const first = rows.locator('#line-n1');
  await first.getByTitle(/^running for /).waitFor();
  const ticks = () => rows.locator('thead').textContent();
  const before = await ticks();
  // From the middle between the end of the first action and that of the run.
  await drag(page, picture, (1 + (await whenOver('n1'))) / 2, 0.99);
  await eventually(ticks).not.toBe(before);
  // It was over before what is shown now began.
  await first.getByTitle(/^running for /).waitFor({ state: 'hidden' });
  await first.getByText('‹').waitFor();
  await page.getByRole('button', { name: 'All of the run' }).click();
  await first.getByTitle(/^running for /).waitFor();
  await eventually(ticks).toBe(before);
});

it('follows the newest part of a run that goes on', async () => {
  const { api } = suite;
  await createRun(api, 'going');
  await becomes(api, 'going', Phase.RUNNING);
  await addTask(api, 'going', 'n1');
  await becomes(api, 'going', Phase.RUNNING, { action: 'n1' });
  const page = await suite.open(`${base}/runs/going?view=timeline`);
  const picture = page.locator('canvas[data-drawn]');
  await picture.waitFor();
  const bar = page.locator('#line-n1').getByTitle(/^running for /);
  await bar.waitFor();
  // Beyond the right edge: that is now.
  await drag(page, picture, 0.5, 1.01);
  await page.getByRole('button', { name: 'All of the run' }).waitFor();
  const startOfTicks = async () => (await page.locator('[class*="tick"]').allTextContents())[0] ?? '';
  const before = await startOfTicks();
  await eventually(startOfTicks).not.toBe(before);
  const track = await page.locator('#line-n1 td').nth(1).boundingBox();
  const shown = await bar.boundingBox();
  const right = (box: typeof track) => (box?.x ?? 0) + (box?.width ?? 0);
  expect(Math.abs(right(shown) - right(track))).toBeLessThan(4);
  await becomes(api, 'going', Phase.SUCCEEDED, { action: 'n1' });
  await page.locator('#line-n1').getByRole('img', { name: 'Succeeded' }).waitFor();
});

it('begins a picture of hundreds of actions where its names can be read', async () => {
  const { api } = suite;
  const name = 'large';
  await createRun(api, name);
  await becomes(api, name, Phase.RUNNING);
  for (let stage = 0; stage < 10; stage++) {
    await addTask(api, name, `s${stage}`, { task: `demo.stage_${stage}` });
    await becomes(api, name, Phase.SUCCEEDED, { action: `s${stage}` });
    for (let part = 0; part < 20; part++)
      await addTask(api, name, `s${stage}p${part}`, { task: `demo.part_${part}`, parent: `s${stage}` });
  }
  const page = await suite.open(`${base}/runs/${name}?view=graph`);
  await page.getByText('211 actions', { exact: true }).waitFor();
  const root = graph(page).getByTitle('main: Running');
  await root.waitFor();
  await eventually(async () => (await root.boundingBox())?.width ?? 0).toBeGreaterThan(80);
  await graph(page).getByTitle('stage_0: Succeeded').waitFor();
  // Boxes out of sight are not in the page.
  expect(await graph(page).getByTitle(/: /).count()).toBeLessThan(150);
  await page.getByRole('button', { name: 'Fit View' }).click();
  await eventually(async () => (await root.boundingBox())?.width ?? 0).toBeLessThan(80);
});

/** Which part of the time of the run was over when the action was. */
async function whenOver(action: string): Promise<number> {
  const { actions } = await suite.api.runs.listActions({ runId: runId('steps'), request: { limit: 100 } });
  const statusOf = (name: string) => actions.find(({ id }) => id?.name === name)?.status;
  const root = statusOf('a0');
  const [from = 0, to = 0, end = 0] = [root?.startTime, root?.endTime, statusOf(action)?.endTime].map(millis);
  return (end - from) / (to - from);
}

function millis(at: Timestamp | undefined): number {
  return at === undefined ? Number.NaN : timestampMs(at);
}

/** How many pixels are not see-through: runs in the browser. */
function countPainted(element: unknown): number {
  const canvas = element as {
    width: number;
    height: number;
    getContext(kind: '2d'): {
      getImageData(x: number, y: number, w: number, h: number): { data: Uint8ClampedArray };
    };
  };
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((value, index) => index % 4 === 3 && value > 0).length;
}

/** Drags from one part of the width of an element to another. */
async function drag(page: Page, element: ReturnType<Page['locator']>, from: number, to: number) {
  const box = await element.boundingBox();
  if (box === null) throw new Error('It is not shown.');
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * from, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * to, y, { steps: 5 });
  await page.mouse.up();
}
