import { create, toBinary, toJson } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { TaskSpecSchema } from '../../src/gen/flyteidl2/task/task_definition_pb.js';
import { CreateRunRequestSchema } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { suites } from '../rpc/harness.ts';
import { createRunRequest, newName, PLACE, runId, taskSpec } from '../rpc/requests.ts';
import { h1 } from '../server/raw.ts';

suites('Text that is no Unicode', { over: ['JSON over HTTP/1.1'] }, (suite) => {
  /** `ok`, or the code of the refusal. */
  const createRun = async (body: Uint8Array | string): Promise<string> => {
    const url = `${suite.service.url}/flyteidl2.workflow.RunService/CreateRun`;
    const type = typeof body === 'string' ? 'application/json' : 'application/proto';
    const answer = await h1(url, { method: 'POST', headers: { 'content-type': type } }, [body]);
    return answer.status === 200 ? 'ok' : JSON.parse(answer.body.toString()).code;
  };

  test('half of a pair of surrogates is refused wherever it stands', async () => {
    const request = (name: string, text: string) =>
      JSON.stringify({
        runId: { ...PLACE, name },
        taskSpec: toJson(TaskSpecSchema, taskSpec()),
        runSpec: { queue: text, labels: { values: { label: text } } },
      });
    expect(await createRun(request(newName(), '\ud800'))).toBe('invalid_argument');
    expect(await createRun(request('\udc00', 'q'))).toBe('invalid_argument');
    expect(await createRun(request(newName(), '\ud83d\ude00'))).toBe('ok');
  });

  test('bytes that are no UTF-8 are refused, or read as the mark for them, and answered as that', async () => {
    const name = newName();
    const request = create(CreateRunRequestSchema, createRunRequest(name, { runSpec: { queue: 'QQQQ' } }));
    const bytes = Buffer.from(toBinary(CreateRunRequestSchema, request));
    bytes.fill(0xff, bytes.indexOf('QQQQ'), bytes.indexOf('QQQQ') + 4);
    const code = await createRun(bytes);
    expect(['ok', 'invalid_argument']).toContain(code);
    if (code !== 'ok') return;
    const { details } = await suite.runs.getRunDetails({ runId: runId(name) });
    expect(details?.runSpec?.queue).toMatch(/^\ufffd+$/);
    expect(await createRun(bytes)).toBe('ok');
  });
});
