import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { create, equals, fromBinary, fromJson, toBinary } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { expect, test } from 'vitest';
import { ArtifactType } from '../../src/gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import { InputsSchema, OutputsSchema } from '../../src/gen/flyteidl2/task/common_pb.js';
import { expectError, suites } from './harness.ts';
import {
  actionId,
  at,
  createRun,
  createRunRequest,
  event,
  newName,
  PLACE,
  Phase,
  taskRequest,
} from './requests.ts';

const inputs = create(InputsSchema, {
  literals: [
    {
      name: 'x',
      value: {
        value: {
          case: 'scalar',
          value: {
            value: { case: 'primitive', value: { value: { case: 'stringValue', value: 'ü\u0000' } } },
          },
        },
      },
    },
  ],
  context: [{ key: 'k', value: 'v' }],
});
const outputs = create(OutputsSchema, {
  literals: [{ name: 'o0', value: { value: { case: 'scalar', value: {} } } }],
});

suites('Data of actions', {}, (suite) => {
  /** Uploads a file as the SDK does; answers where it is. */
  async function upload(filename: string, content: Uint8Array, root = newName('root')): Promise<string> {
    const contentMd5 = createHash('md5').update(content).digest();
    const { signedUrl, nativeUrl, headers } = await suite.data.createUploadLocation({
      ...PLACE,
      filename,
      filenameRoot: root,
      contentMd5,
      contentLength: BigInt(content.length),
    });
    expect(signedUrl.startsWith(`${suite.service.url}/storage/`)).toBe(true);
    const answer = await fetch(signedUrl, { method: 'PUT', headers, body: Buffer.from(content) });
    expect(answer.ok, await answer.text()).toBe(true);
    return nativeUrl;
  }

  test('inputs that came with the request', async () => {
    const run = await createRun(suite, { inputWrapper: { case: 'inputs', value: inputs } });
    const data = await suite.runs.getActionData({ actionId: actionId(run) });
    expect(equals(InputsSchema, data.inputs ?? create(InputsSchema), inputs)).toBe(true);
    expect(data.outputs).toBeUndefined();
    const { inputsUri, outputsUri } = await suite.runs.getActionDataURIs({ actionId: actionId(run) });
    expect(inputsUri).toMatch(/\/inputs\.pb$/);
    expect(equals(InputsSchema, fromBinary(InputsSchema, await readFile(inputsUri)), inputs)).toBe(true);
    expect(outputsUri).toBe('');
    expect((await suite.runs.getActionDataURIs({ actionId: actionId(run) })).inputsUri).toBe(inputsUri);
  });

  test.each(['a file', 'a folder'])('inputs uploaded before, given as %s', async (how) => {
    const file = await upload('inputs.pb', toBinary(InputsSchema, inputs));
    const uri = how === 'a file' ? file : file.slice(0, file.lastIndexOf('/'));
    const offloaded = { case: 'offloadedInputData', value: { uri, inputsHash: 'hash' } } as const;
    const run = await createRun(suite, { inputWrapper: offloaded });
    expect((await suite.runs.getActionDataURIs({ actionId: actionId(run) })).inputsUri).toBe(file);
    const data = await suite.runs.getActionData({ actionId: actionId(run) });
    expect(equals(InputsSchema, data.inputs ?? create(InputsSchema), inputs)).toBe(true);
    const again = createRunRequest(run, {
      inputWrapper: { case: 'offloadedInputData', value: { uri, inputsHash: 'other' } },
    });
    await expectError(suite.runs.createRun(again), Code.AlreadyExists, /another offloaded inputs/);
  });

  test('outputs of the newest attempt that has any', async () => {
    const run = await createRun(suite);
    const file = await upload('outputs.pb', toBinary(OutputsSchema, outputs));
    const prefix = file.slice(0, file.lastIndexOf('/'));
    await suite.internal.recordActionEvents({
      events: [
        event(run, 'a0', Phase.FAILED, { outputs: { outputUri: 's3://first' } }),
        event(run, 'a0', Phase.RUNNING, { attempt: 2, outputs: { outputUri: prefix } }),
        event(run, 'a0', Phase.RUNNING, { attempt: 3 }),
      ],
    });
    expect((await suite.runs.getActionDataURIs({ actionId: actionId(run) })).outputsUri).toBe(file);
    const data = await suite.runs.getActionData({ actionId: actionId(run) });
    expect(equals(OutputsSchema, data.outputs ?? create(OutputsSchema), outputs)).toBe(true);
  });

  test('what is kept elsewhere is named, not read', async () => {
    const run = await createRun(suite);
    await suite.internal.recordAction(taskRequest(run, 'a1', { inputUri: 's3://bucket/inputs/' }));
    const uris = await suite.runs.getActionDataURIs({ actionId: actionId(run, 'a1') });
    expect(uris).toMatchObject({ inputsUri: 's3://bucket/inputs/inputs.pb', outputsUri: '' });
    const call = suite.runs.getActionData({ actionId: actionId(run, 'a1') });
    await expectError(call, Code.FailedPrecondition, /outside this service's storage/);
  });

  test('no address leads out of the storage', async () => {
    const file = await upload('inputs.pb', toBinary(InputsSchema, inputs));
    const climbing = `${file}/../../../../../../../../../etc/passwd`;
    const offloaded = (uri: string) =>
      ({ case: 'offloadedInputData', value: { uri, inputsHash: 'h' } }) as const;
    for (const uri of [climbing, `${file}\u0000`, 'file:///etc/passwd', `file://${climbing}`, '']) {
      const request = createRunRequest(newName(), { inputWrapper: offloaded(uri) });
      await expectError(suite.runs.createRun(request), Code.InvalidArgument, /uri/);
    }
    for (const outputUri of [climbing, '/etc/passwd', '/etc/outputs.pb', 'http://127.0.0.1:1/outputs.pb']) {
      const run = await createRun(suite);
      const outputs = { outputUri, reportUri: outputUri };
      await suite.internal.recordActionEvents({ events: [event(run, 'a0', Phase.RUNNING, { outputs })] });
      const call = suite.runs.getActionData({ actionId: actionId(run) });
      await expectError(call, Code.FailedPrecondition, /outside this service's storage/);
      const source = { case: 'actionAttemptId', value: { actionId: actionId(run), attempt: 1 } } as const;
      const link = suite.data.createDownloadLink({ artifactType: ArtifactType.REPORT, source });
      await expectError(link, Code.NotFound, /no report/);
    }
  });

  test('a file that is no message', async () => {
    const uri = await upload('inputs.pb', Buffer.from('garbage'));
    const run = await createRun(suite, {
      inputWrapper: { case: 'offloadedInputData', value: { uri, inputsHash: 'h' } },
    });
    await expectError(suite.runs.getActionData({ actionId: actionId(run) }), Code.DataLoss, /can't be read/);
  });

  test('of what is not there', async () => {
    const id = actionId(newName('none'));
    for (const call of [suite.runs.getActionData, suite.runs.getActionDataURIs]) {
      await expectError(call({ actionId: id }), Code.NotFound);
    }
    await expectError(suite.runs.getActionLogContext({ actionId: id, attempt: 1 }), Code.NotFound);
  });

  test('the log context of an attempt, with its times', async () => {
    const run = await createRun(suite);
    const logContext = {
      primaryPodName: 'pod',
      pods: [{ namespace: 'ns', podName: 'pod', containers: [{ containerName: 'main' }] }],
    };
    await suite.internal.recordActionEvents({
      events: [
        event(run, 'a0', Phase.RUNNING, { attempt: 2, logContext, cluster: 'c', updatedTime: at(1) }),
        event(run, 'a0', Phase.SUCCEEDED, { attempt: 2, updatedTime: at(2) }),
      ],
    });
    const answer = await suite.runs.getActionLogContext({ actionId: actionId(run), attempt: 2 });
    expect(answer).toMatchObject({ logContext, cluster: 'c', startTime: at(1), endTime: at(2) });
    const first = await suite.runs.getActionLogContext({ actionId: actionId(run), attempt: 1 });
    expect(first).toMatchObject({ cluster: '' });
    expect([first.logContext, first.endTime]).toEqual([undefined, undefined]);
    const none = suite.runs.getActionLogContext({ actionId: actionId(run), attempt: 4_294_967_295 });
    await expectError(none, Code.NotFound, /no attempt 4294967295/);
    await expectError(
      suite.runs.getActionLogContext({ actionId: actionId(run), attempt: 0 }),
      Code.InvalidArgument,
    );
  });

  test('a report, up and down again', async () => {
    const run = await createRun(suite);
    const report = Buffer.from('<h1>ü</h1>');
    const uri = await upload('report.html', report, newName('report'));
    const request = {
      artifactType: ArtifactType.REPORT,
      source: { case: 'actionAttemptId', value: { actionId: actionId(run), attempt: 1 } },
    } as const;
    await expectError(suite.data.createDownloadLink(request), Code.NotFound, /has no report/);
    await suite.internal.recordActionEvents({
      events: [event(run, 'a0', Phase.RUNNING, { outputs: { reportUri: uri } })],
    });
    const { preSignedUrls } = await suite.data.createDownloadLink(request);
    const answer = await fetch(preSignedUrls?.signedUrl[0] ?? '');
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(report);
    const forged = await fetch((preSignedUrls?.signedUrl[0] ?? '').replace('report.html', 'other.html'));
    expect([403, 404]).toContain(forged.status);
  });

  test('an upload that is not what was announced is refused', async () => {
    const location = await suite.data.createUploadLocation({
      ...PLACE,
      filename: 'inputs.pb',
      filenameRoot: newName('root'),
      contentMd5: createHash('md5').update('announced').digest(),
      contentLength: 9n,
    });
    const put = (body: string) =>
      fetch(location.signedUrl, { method: 'PUT', headers: location.headers, body });
    expect((await put('something')).status).toBe(400);
    expect((await put('something longer')).ok).toBe(false);
    expect((await put('announced')).ok).toBe(true);
  });
});

suites('Data that is too large for an answer', { server: { writeMaxBytes: 65_536 } }, (suite) => {
  test('is refused; its address is answered all the same', async () => {
    const literal = { scalar: { primitive: { stringValue: 'x'.repeat(50_000) } } };
    const large = fromJson(InputsSchema, { literals: [{ name: 'x', value: literal }] });
    const run = await createRun(suite, { inputWrapper: { case: 'inputs', value: large } });
    const { inputsUri } = await suite.runs.getActionDataURIs({ actionId: actionId(run) });
    const offloaded = { case: 'offloadedInputData', value: { uri: inputsUri, inputsHash: 'h' } } as const;
    const next = await createRun(suite, { inputWrapper: offloaded });
    const call = suite.runs.getActionData({ actionId: actionId(next) });
    await expectError(call, Code.ResourceExhausted, /has \d+ bytes, more than the 32768/);
    expect((await suite.runs.getActionDataURIs({ actionId: actionId(next) })).inputsUri).toBe(inputsUri);
  });
});
