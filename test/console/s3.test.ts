import { afterAll, beforeAll, expect, it } from 'vitest';
import { S3_START_TIMEOUT_MS } from '../support/s3-binary.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';
import { actionId, base, consoleSuite, eventually, scope } from './harness.ts';
import { uploadFile, uploadOutputs } from './seed-outputs.ts';
import { createRun, integer, Phase, becomes } from './stories.ts';

/** Filled before the service starts. */
const environment: Record<string, string> = { STORAGE_FOLDER: '' };
let server: S3Server;

beforeAll(async () => {
  server = await startS3Server();
  const { bucket } = await server.bucket('flyte');
  Object.assign(environment, {
    STORAGE_S3_BUCKET: bucket,
    STORAGE_S3_ENDPOINT: server.endpoint,
    STORAGE_S3_REGION: 'us-east-1',
    STORAGE_S3_ACCESS_KEY_ID: server.credentials.accessKeyId,
    STORAGE_S3_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
  });
}, S3_START_TIMEOUT_MS);
afterAll(() => server?.stop());

const suite = consoleSuite(0, environment);
const report = `<h1 id="seen">Written by the task</h1><script>
document.getElementById('seen').textContent += ', ' + window.origin</script>`;

it('shows values and the report of a task when files lie on a server of another origin', async () => {
  const { api, transport } = suite;
  const run = 'elsewhere';
  const place = { org: 'default', ...scope };
  await createRun(api, run, {
    inputWrapper: { case: 'inputs', value: { literals: [integer('x', 41n)] } },
  });
  await becomes(api, run, Phase.RUNNING);
  const outputUri = await uploadOutputs(transport, place, run, [integer('o0', 4242n)]);
  const reportUri = await uploadFile(
    transport,
    place,
    `seed/${run}/a0/1`,
    'report.html',
    Buffer.from(report),
  );
  expect(outputUri).toMatch(/^s3:\/\/flyte\//);
  await becomes(api, run, Phase.SUCCEEDED, { outputs: { outputUri, reportUri } });

  const page = await suite.open(`${base}/runs/${run}/actions/a0?tab=values`);
  await page.getByRole('region', { name: 'Inputs' }).getByText('41', { exact: true }).waitFor();
  await page.getByRole('region', { name: 'Outputs' }).getByText('4242', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Report' }).click();
  const frame = page.frameLocator('iframe');
  // An origin of its own, out of which nothing can be reached.
  await eventually(() => frame.locator('h1').textContent()).toBe('Written by the task, null');
  const from = await page.locator('iframe').getAttribute('src');
  expect(new URL(from ?? '').origin).toBe(server.endpoint);
  const { outputs } = await api.data.getActionData({ actionId: actionId(run) });
  expect(outputs?.literals).toHaveLength(1);
});
