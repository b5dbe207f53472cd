import { createHash } from 'node:crypto';
import { create, toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { S3Config } from '../../src/config/storage.ts';
import { ArtifactType } from '../../src/gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import { InputsSchema, OutputsSchema } from '../../src/gen/flyteidl2/task/common_pb.js';
import { createS3Storage } from '../../src/storage/s3-storage.ts';
import { systemClock } from '../../src/runs/instant.ts';
import {
  type Clients,
  clientsOver,
  openTransport,
  startTestService,
  type TestService,
} from '../rpc/harness.ts';
import { actionId, createRun, event, PLACE, Phase, taskSpec } from '../rpc/requests.ts';
import { dialects } from '../support/databases.ts';
import { S3_START_TIMEOUT_MS } from '../support/s3-binary.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';

describe.each(dialects)('The service with files in S3, on $name', ({ name }) => {
  let server: S3Server;
  let s3: S3Config;
  let service: TestService;
  let clients: Clients;

  beforeAll(async () => {
    server = await startS3Server();
    s3 = await server.bucket('runs', 'flyte');
    service = await startTestService(name, { storage: { s3 } });
    clients = clientsOver(openTransport('Connect over HTTP/1.1', service.url).transport);
  }, S3_START_TIMEOUT_MS);
  afterAll(async () => {
    await service?.remove();
    await server?.stop();
  });

  async function upload(filename: string, content: Uint8Array): Promise<string> {
    const location = await clients.data.createUploadLocation({
      ...PLACE,
      filename,
      filenameRoot: 'results',
      contentMd5: createHash('md5').update(content).digest(),
    });
    expect(location.signedUrl.startsWith(`${server.endpoint}/runs/flyte/uploads/`)).toBe(true);
    const answer = await fetch(location.signedUrl, {
      method: 'PUT',
      headers: location.headers,
      body: Buffer.from(content),
    });
    expect(answer.status, await answer.text()).toBe(200);
    return location.nativeUrl;
  }

  test('inputs, outputs and reports go there and come back', async () => {
    const inputs = create(InputsSchema, { context: [{ key: 'k', value: 'v' }] });
    const { offloadedInputData } = await clients.data.uploadInputs({
      id: {
        case: 'projectId',
        value: { organization: PLACE.org, name: PLACE.project, domain: PLACE.domain },
      },
      task: { case: 'taskSpec', value: taskSpec() },
      inputs,
    });
    if (!offloadedInputData) throw new Error('nothing was answered');
    expect(offloadedInputData.uri).toMatch(/^s3:\/\/runs\/flyte\/offloaded-inputs\/.*\/inputs\.pb$/);
    const run = await createRun(clients, {
      inputWrapper: { case: 'offloadedInputData', value: offloadedInputData },
    });

    const outputUri = await upload(
      'outputs.pb',
      toBinary(OutputsSchema, create(OutputsSchema, { literals: [{ name: 'o0' }] })),
    );
    const reportUri = await upload('report.html', Buffer.from('<p>ü'));
    await clients.internal.recordActionEvents({
      events: [event(run, 'a0', Phase.SUCCEEDED, { outputs: { outputUri, reportUri } })],
    });
    const data = await clients.data.getActionData({ actionId: actionId(run) });
    expect(data).toMatchObject({
      inputsUri: offloadedInputData.uri,
      outputsUri: outputUri,
      inputs: { context: [{ key: 'k', value: 'v' }] },
      outputs: { literals: [{ name: 'o0' }] },
    });
    const { preSignedUrls } = await clients.data.createDownloadLink({
      artifactType: ArtifactType.REPORT,
      source: { case: 'actionAttemptId', value: { actionId: actionId(run), attempt: 1 } },
    });
    const report = await fetch(preSignedUrls?.signedUrl[0] ?? '');
    expect(report.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await report.text()).toBe('<p>ü');
  });

  test('the files are in the bucket, below the prefix', async () => {
    const uri = await upload('there', Buffer.from('x'));
    const limits = { maxUploadBytes: 1, defaultExpiryMs: 1, clock: systemClock };
    expect(await createS3Storage({ ...limits, s3 }).exists(uri)).toBe(true);
    expect(await createS3Storage({ ...limits, s3: { ...s3, prefix: 'other' } }).exists(uri)).toBe(false);
  });

  test('no address of this service leads to files', async () => {
    expect((await fetch(`${service.url}/storage/flyte/uploads/x`)).status).toBe(404);
  });
});
