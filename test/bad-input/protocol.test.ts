import { gzipSync } from 'node:zlib';
import type { DescMethod } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestService, type TestService } from '../rpc/harness.ts';
import { envelope, h1, h2, type RawResponse } from '../server/raw.ts';
import { methods, pathOf } from './methods.ts';

const READ_MAX_BYTES = 65_536;
/** No message of any type: the first tag has no end. */
const malformed = Buffer.alloc(20, 0xff);
const oversized = Buffer.alloc(READ_MAX_BYTES + 1);
const bomb = gzipSync(Buffer.alloc(64 * READ_MAX_BYTES));
/** A field that no type has, so any message may carry it. */
const unknownField = Buffer.from('fa7d03616263', 'hex');
const truncated = gzipSync(unknownField).subarray(0, 15);
const nested = `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`;

const unary = methods.filter(({ methodKind }) => methodKind === 'unary');
const streams = methods.filter(({ methodKind }) => methodKind === 'server_streaming');
const named = (some: readonly DescMethod[]) =>
  some.map((method) => [`${method.parent.name}.${method.name}`, method] as const);

let service: TestService;
let before: Record<string, number>;
beforeAll(async () => {
  service = await startTestService('sqlite', { server: { readMaxBytes: READ_MAX_BYTES } });
  before = await service.rowCounts();
});
afterAll(async () => {
  // Nothing of all this was stored, nothing of it was our mistake, and the service still works.
  expect(await service.rowCounts()).toEqual(before);
  expect(service.lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
  await service.remove();
});

const post = (method: DescMethod, headers: Record<string, string>, body: Uint8Array | string) =>
  h1(service.url + pathOf(method), { method: 'POST', headers }, [body]);
const proto = { 'content-type': 'application/proto' };
const json = { 'content-type': 'application/json' };
const codeOf = ({ body }: RawResponse): string => JSON.parse(body.toString()).code;
/** The code at the end of a stream of Connect. */
function endCode({ body }: RawResponse): string {
  const length = body.readUInt32BE(1);
  return JSON.parse(body.subarray(5, 5 + length).toString()).error?.code;
}

describe('Connect, unary', () => {
  test.each(named(unary))('%s', async (_, method) => {
    expect(codeOf(await post(method, proto, malformed))).toBe('invalid_argument');
    expect(codeOf(await post(method, proto, oversized))).toBe('resource_exhausted');
    const gzip = { ...proto, 'content-encoding': 'gzip' };
    expect(codeOf(await post(method, gzip, truncated))).toBe('invalid_argument');
    expect(codeOf(await post(method, gzip, bomb))).toBe('resource_exhausted');
    expect(codeOf(await post(method, { ...proto, 'content-encoding': 'zip' }, ''))).toBe('unimplemented');
    for (const text of ['{"', '[]', '1', 'null', '"\ud800"', '', '{} {}'])
      expect(codeOf(await post(method, json, text)), text).toBe('invalid_argument');
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'proto']) {
      const { status } = await post(method, { 'content-type': type }, '');
      expect(status, type).toBe(415);
    }
    const get = await h1(service.url + pathOf(method), { method: 'GET' });
    expect([400, 405, 415]).toContain(get.status);
    expect((await h1(service.url + pathOf(method), { method: 'DELETE' })).status).toBe(405);
  });

  test.each(named(unary))('%s takes fields that only newer clients know', async (_, method) => {
    const wellRead = new Set(['invalid_argument', 'not_found', 'unimplemented', undefined]);
    for (const text of ['{"fieldOfTheFuture":{"a":[1,null,"x"]}}', `{"future":${nested}}`])
      expect(wellRead).toContain(codeOf(await post(method, json, text)));
    const answer = await post(method, proto, unknownField);
    if (answer.status !== 200) expect(wellRead).toContain(codeOf(answer));
  });
});

describe('Connect, GET', () => {
  const readOnly = unary.filter(
    ({ idempotency }) => idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS,
  );
  const get = (method: DescMethod, query: Record<string, string>) =>
    h1(`${service.url}${pathOf(method)}?${new URLSearchParams({ connect: 'v1', ...query })}`, {
      method: 'GET',
    });

  test.each(named(readOnly))('%s', async (_, method) => {
    const known = ['invalid_argument', 'not_found', 'unimplemented'];
    const json = { encoding: 'json' };
    for (const message of ['{"', '', '\ufffd', '[]'])
      expect(known).toContain(codeOf(await get(method, { ...json, message })));
    const proto = { encoding: 'proto', base64: '1' };
    expect(known).toContain(
      codeOf(await get(method, { ...proto, message: malformed.toString('base64url') })),
    );
    expect(known).toContain(codeOf(await get(method, { ...proto, message: '!not base64!' })));
    const gzip = { ...proto, compression: 'gzip', message: truncated.toString('base64url') };
    expect(known).toContain(codeOf(await get(method, gzip)));
    expect((await get(method, { encoding: 'xml', message: '' })).status).toBe(415);
    expect(known).toContain(codeOf(await get(method, { ...json, message: '{}', connect: 'v9' })));
  });
});

describe('Connect, streams', () => {
  test.each(named(streams))('%s', async (_, method) => {
    const type = { 'content-type': 'application/connect+proto' };
    expect(endCode(await post(method, type, envelope(malformed)))).toBe('invalid_argument');
    expect(endCode(await post(method, type, envelope(oversized)))).toBe('resource_exhausted');
    expect(endCode(await post(method, type, envelope('').subarray(0, 3)))).toBe('invalid_argument');
    const gzip = { ...type, 'connect-content-encoding': 'gzip' };
    expect(endCode(await post(method, gzip, envelope(truncated, 1)))).toBe('invalid_argument');
    expect(endCode(await post(method, gzip, envelope(bomb, 1)))).toBe('resource_exhausted');
    const text = { 'content-type': 'application/connect+json' };
    expect(endCode(await post(method, text, envelope('{"')))).toBe('invalid_argument');
    expect((await post(method, proto, '')).status).toBe(415);
    expect((await post(method, { 'content-type': 'text/plain' }, '')).status).toBe(415);
  });
});

describe('gRPC', () => {
  const call = async (method: DescMethod, body: Uint8Array, headers: Record<string, string> = {}) => {
    const answer = await h2(
      service.url,
      { ':path': pathOf(method), 'content-type': 'application/grpc', te: 'trailers', ...headers },
      body,
    );
    return Code[Number(answer.headers['grpc-status'])];
  };

  test.each(named(methods))('%s', async (_, method) => {
    const refused = ['InvalidArgument', 'Unimplemented'];
    expect(refused).toContain(await call(method, envelope(malformed)));
    expect(['ResourceExhausted', 'Unimplemented']).toContain(await call(method, envelope(oversized)));
    const gzip = { 'grpc-encoding': 'gzip' };
    expect(refused).toContain(await call(method, envelope(truncated, 1), gzip));
    expect(['ResourceExhausted', 'Unimplemented']).toContain(await call(method, envelope(bomb, 1), gzip));
    const wrong = await h2(service.url, { ':path': pathOf(method), 'content-type': 'text/plain' }, '');
    expect(wrong.status).toBe(415);
  });
});
