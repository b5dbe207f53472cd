import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { Secret_MountType, SecretSchema } from '../gen/flyteidl2/core/security_pb.js';
import { secretVariables } from './task-secrets.ts';

const stored = new Map([
  ['api-key', Buffer.from('ü=1\n')],
  ['raw', Buffer.from([0xff, 0xfe])],
  ['nul', Buffer.from('a\0b')],
]);
const scope = { org_key: '', project: 'p', domain: 'd' };
const store = {
  resolveSecrets: async (where: typeof scope, names: readonly string[]) => {
    expect(where).toBe(scope);
    return new Map([...stored].filter(([name]) => names.includes(name)));
  },
};
const variables = (...wanted: MessageInitShape<typeof SecretSchema>[]) =>
  secretVariables(
    store,
    scope,
    wanted.map((one) => create(SecretSchema, one)),
  );

test('secrets become the variables that the task names, or those that the SDK looks for', async () => {
  expect(await variables()).toEqual({});
  expect(
    await variables(
      { key: 'api-key', envVar: 'OPENAI', mountRequirement: Secret_MountType.ENV_VAR },
      { key: 'api-key' },
      { key: 'api-key', group: 'my-group' },
    ),
  ).toEqual({ OPENAI: 'ü=1\n', API_KEY: 'ü=1\n', MY_GROUP_API_KEY: 'ü=1\n' });
});

test.each<[MessageInitShape<typeof SecretSchema>, string, RegExp]>([
  [{ key: 'none' }, 'not_found', /no secret "none" .* flyte create secret none/],
  [{ key: 'api-key', mountRequirement: Secret_MountType.FILE }, 'failed_precondition', /wanted as a file/],
  [{ key: 'raw' }, 'failed_precondition', /"raw" is no text/],
  [{ key: 'nul' }, 'failed_precondition', /"nul" is no text/],
])('%j can not be a variable', async (wanted, code, message) => {
  await expect(variables(wanted)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});
