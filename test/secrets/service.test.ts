import { Code, createClient } from '@connectrpc/connect';
import { beforeEach, describe, expect, test } from 'vitest';
import { OverallStatus, SecretType } from '../../src/gen/flyteidl2/secret/definition_pb.js';
import { SecretService } from '../../src/gen/flyteidl2/secret/secret_pb.js';
import { expectError, suites } from '../rpc/harness.ts';
import { newName, PLACE } from '../rpc/requests.ts';

const string = (text: string, type = SecretType.GENERIC) => ({
  value: { case: 'stringValue', value: text } as const,
  type,
});

const EVERYWHERE = { organization: PLACE.org };
const DOMAIN = { ...EVERYWHERE, domain: PLACE.domain };
const PROJECT = { ...DOMAIN, project: PLACE.project };

suites('SecretService', {}, (suite) => {
  let secrets: ReturnType<typeof open>;
  const open = () => createClient(SecretService, suite.transport);
  beforeEach(() => {
    secrets = open();
  });

  test.each([
    ['organization', EVERYWHERE, ''],
    ['domain', DOMAIN, 'development/'],
    ['project', PROJECT, 'flytesnacks/development/'],
  ])('of the %s: create, get, update, delete', async (where, scope, prefix) => {
    const id = { ...scope, name: newName('s') };
    const text = `${prefix}${id.name}`;
    await expectError(
      secrets.getSecret({ id }),
      Code.NotFound,
      new RegExp(`no secret "${text}" of this ${where}`),
    );
    await expectError(secrets.updateSecret({ id, secretSpec: string('x') }), Code.NotFound);
    await secrets.createSecret({ id, secretSpec: string('hunter2') });
    await expectError(
      secrets.createSecret({ id, secretSpec: string('x') }),
      Code.AlreadyExists,
      new RegExp(text),
    );
    const { secret } = await secrets.getSecret({ id });
    expect(secret).toMatchObject({
      id: { project: '', domain: '', ...id },
      secretMetadata: {
        type: SecretType.GENERIC,
        secretStatus: { overallStatus: OverallStatus.FULLY_PRESENT },
      },
    });
    const created = secret?.secretMetadata?.createdTime;
    expect(created).toBeDefined();
    await secrets.updateSecret({ id, secretSpec: string('x', SecretType.IMAGE_PULL_SECRET) });
    expect((await secrets.getSecret({ id })).secret?.secretMetadata).toMatchObject({
      type: SecretType.IMAGE_PULL_SECRET,
      createdTime: created,
    });
    await secrets.deleteSecret({ id });
    await expectError(secrets.deleteSecret({ id }), Code.NotFound);
    await expectError(secrets.getSecret({ id }), Code.NotFound);
  });

  test('one name may stand at every level', async () => {
    const name = newName('s');
    for (const scope of [EVERYWHERE, DOMAIN, PROJECT]) {
      await secrets.createSecret({ id: { ...scope, name }, secretSpec: string(JSON.stringify(scope)) });
    }
    await secrets.deleteSecret({ id: { ...DOMAIN, name } });
    await secrets.getSecret({ id: { ...EVERYWHERE, name } });
    await secrets.getSecret({ id: { ...PROJECT, name } });
  });

  test('lists in pages, by scope', async () => {
    const domain = 'staging';
    const names = Array.from({ length: 5 }, () => newName('l')).sort();
    for (const name of [...names].reverse()) {
      await secrets.createSecret({ id: { ...EVERYWHERE, domain, name }, secretSpec: string('x') });
    }
    const list = async (limit: number) => {
      const seen: string[] = [];
      let token = '';
      do {
        const page = await secrets.listSecrets({ ...EVERYWHERE, domain, limit, token });
        expect(page.secrets.length).toBeLessThanOrEqual(limit);
        seen.push(...page.secrets.map(({ id }) => id?.name ?? ''));
        token = page.token;
      } while (token !== '');
      return seen.filter((name) => names.includes(name));
    };
    expect(await list(2)).toEqual(names);
    expect(await list(1000)).toEqual(names);
    const all = await secrets.listSecrets({ ...EVERYWHERE, limit: 1000 });
    expect(all.secrets.map(({ id }) => id?.name)).toEqual(expect.arrayContaining(names));
    const elsewhere = await secrets.listSecrets({ ...PROJECT, limit: 1000 });
    expect(elsewhere.secrets.filter(({ id }) => names.includes(id?.name ?? ''))).toEqual([]);

    const first = await secrets.listSecrets({ ...EVERYWHERE, domain, limit: 1 });
    const { token } = first;
    await expectError(secrets.listSecrets({ ...EVERYWHERE, token }), Code.InvalidArgument, /another scope/);
    await expectError(secrets.listSecrets({ ...EVERYWHERE, token: 'x' }), Code.InvalidArgument, /damaged/);
    await expectError(secrets.listSecrets({ ...EVERYWHERE, limit: -1 }), Code.InvalidArgument, /^limit/);
    await expectError(secrets.listSecrets({ ...EVERYWHERE, limit: 1001 }), Code.InvalidArgument, /^limit/);
  });

  describe('refuses', () => {
    const id = { ...EVERYWHERE, name: 'refused' };
    test.each([
      ['no name', { ...id, name: '' }, Code.InvalidArgument, /name/],
      ['a name with other characters', { ...id, name: 'a b' }, Code.InvalidArgument, /name/],
      ['a long name', { ...id, name: 'a'.repeat(256) }, Code.InvalidArgument, /at most 255 characters/],
      [
        'a project without a domain',
        { ...id, project: 'p' },
        Code.InvalidArgument,
        /^id\.domain must be set/,
      ],
      ['an unknown domain', { ...id, domain: 'none' }, Code.NotFound, /no domain "none"/],
      [
        'a project that can not be',
        { ...PROJECT, project: 'No!', name: 'x' },
        Code.InvalidArgument,
        /project/,
      ],
      ['a control character', { ...id, domain: 'a\nb' }, Code.InvalidArgument, /^id\.domain .*control/],
    ])('%s', async (_, given, code, message) => {
      await expectError(secrets.createSecret({ id: given, secretSpec: string('hunter2') }), code, message);
    });

    test.each([
      ['no value', undefined],
      ['an empty value', string('')],
      ['a large value', string('x'.repeat(65_537))],
      ['an unknown type', string('hunter2', 7 as SecretType)],
    ])('%s', async (_, secretSpec) => {
      const error = await expectError(
        secrets.createSecret({ id, secretSpec }),
        Code.InvalidArgument,
        /secret/,
      );
      expect(error.rawMessage).not.toContain('hunter2');
      await expectError(secrets.updateSecret({ id, secretSpec }), Code.InvalidArgument, /secret/);
    });
  });

  test('values are nowhere: not in the database, not in the log', async () => {
    const value = 'hunter2-in-the-clear';
    const id = { ...EVERYWHERE, name: newName('v') };
    const binary = { value: { case: 'binaryValue', value: Buffer.from(value) } as const, type: 0 };
    await secrets.createSecret({ id, secretSpec: string(value) });
    await secrets.updateSecret({ id, secretSpec: binary });
    await expectError(secrets.createSecret({ id, secretSpec: string(value) }), Code.AlreadyExists);
    const rows = await suite.service.dialect.reader
      .selectFrom('secrets')
      .selectAll()
      .where('name', '=', id.name)
      .execute();
    expect(rows).toHaveLength(1);
    const stored = Buffer.concat(rows.map((row) => Buffer.from(row.value)));
    expect(stored.includes(value)).toBe(false);
    expect(JSON.stringify(suite.service.lines)).not.toContain(value);
    expect(
      JSON.stringify(await secrets.getSecret({ id }), (_, v) => (typeof v === 'bigint' ? `${v}` : v)),
    ).not.toContain(value);
  });
});

suites(
  'SecretService, organizations apart',
  { organizations: 'separate', over: ['Connect over HTTP/1.1'] },
  (suite) => {
    test('one name in two organizations', async () => {
      const secrets = createClient(SecretService, suite.transport);
      const name = newName('s');
      await secrets.createSecret({ id: { organization: 'a', name }, secretSpec: string('1') });
      await expectError(secrets.getSecret({ id: { organization: 'b', name } }), Code.NotFound);
      await secrets.createSecret({ id: { organization: 'b', name }, secretSpec: string('2') });
      expect((await secrets.listSecrets({ organization: 'a' })).secrets.map(({ id }) => id?.name)).toEqual([
        name,
      ]);
      await expectError(
        secrets.getSecret({ id: { name } }),
        Code.InvalidArgument,
        /organization must be set/,
      );
    });
  },
);
