import { expect, it } from 'vitest';
import { storagePath } from './paths.ts';
import { type Grant, signedPath, verifiedGrant } from './signing.ts';

const key = Buffer.alloc(32, 7);
const grant: Grant = {
  method: 'PUT',
  path: storagePath('uploads/p/d e/ü.pb', 'x'),
  expiresAtMs: 1_000,
  md5: 'abc=',
  maxBytes: 12,
};

function parts(signed: string) {
  const url = new URL(signed, 'http://host');
  return { pathname: url.pathname, query: url.searchParams };
}

it('round-trips everything that it grants', () => {
  const { pathname, query } = parts(signedPath(key, grant));
  expect(decodeURIComponent(pathname)).toBe('/storage/uploads/p/d e/ü.pb');
  expect(verifiedGrant(key, 'PUT', grant.path, query)).toEqual(grant);
});

it('grants nothing else', () => {
  const { query } = parts(signedPath(key, grant));
  expect(verifiedGrant(key, 'GET', grant.path, query)).toBeUndefined();
  expect(verifiedGrant(key, 'PUT', storagePath('uploads/p/d e/other.pb', 'x'), query)).toBeUndefined();
  expect(verifiedGrant(Buffer.alloc(32, 8), 'PUT', grant.path, query)).toBeUndefined();
  for (const [name, value] of [
    ['expires', '2000'],
    ['md5', 'abd='],
    ['max', '13'],
    ['signature', 'AAAA'],
    ['signature', ''],
    ['expires', 'x'],
  ]) {
    const changed = new URLSearchParams(query);
    changed.set(name as string, value as string);
    expect(verifiedGrant(key, 'PUT', grant.path, changed), `${name}=${value}`).toBeUndefined();
  }
  for (const name of ['expires', 'md5', 'max', 'signature']) {
    const less = new URLSearchParams(query);
    less.delete(name);
    expect(verifiedGrant(key, 'PUT', grant.path, less), `without ${name}`).toBeUndefined();
  }
});
