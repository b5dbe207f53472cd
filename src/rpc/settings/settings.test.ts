import { Code, createClient } from '@connectrpc/connect';
import { beforeEach, describe, expect, test } from 'vitest';
import { expectError, suites } from '../../../test/rpc/harness.ts';
import { type Init, newName, PLACE } from '../../../test/rpc/requests.ts';
import {
  ScopeLevel,
  SettingState,
  type SettingsSchema,
} from '../../gen/flyteidl2/settings/settings_definition_pb.js';
import { SettingsService } from '../../gen/flyteidl2/settings/settings_service_pb.js';
import { resolveSettings } from '../../repository/settings.ts';

const { INHERIT, UNSET, VALUE } = SettingState;
const queue = (stringValue: string, state = VALUE): Init<typeof SettingsSchema> => ({
  run: { defaultQueue: { state, stringValue } },
});

suites('SettingsService', { organizations: 'separate' }, (suite) => {
  let client: ReturnType<typeof open>;
  let org: string;
  const open = () => createClient(SettingsService, suite.transport);
  const { domain } = PLACE;
  /** Keys of the three levels of an organization of its own. */
  const keys = () => ({
    organization: { org },
    domain: { org, domain },
    project: { org, domain, project: 'p' },
  });
  beforeEach(() => {
    client = open();
    org = newName('org');
  });

  test('create, read and update, by versions', async () => {
    const key = keys().organization;
    expect((await client.getSettings({ key })).settingsRecord).toMatchObject({ version: 0n, key });
    await expectError(
      client.updateSettings({ key, settings: {}, version: 1n }),
      Code.NotFound,
      /create them/,
    );
    const created = (await client.createSettings({ key, settings: queue('a') })).settingsRecord;
    expect(created).toMatchObject({
      key,
      version: 1n,
      settings: { run: { defaultQueue: { stringValue: 'a' } } },
    });
    await expectError(client.createSettings({ key, settings: queue('b') }), Code.AlreadyExists);
    const updated = await client.updateSettings({ key, settings: queue('b'), version: 1n });
    expect(updated.settingsRecord?.version).toBe(2n);
    const stale = client.updateSettings({ key, settings: queue('c'), version: 1n });
    await expectError(stale, Code.Aborted, /have version 2, not 1; read them again/);
    const { settingsRecord } = await client.getSettings({ key });
    expect(settingsRecord).toMatchObject({
      version: 2n,
      settings: { run: { defaultQueue: { stringValue: 'b' } } },
    });
  });

  test('of several updates of one version, one wins', async () => {
    const key = keys().domain;
    await client.createSettings({ key, settings: {} });
    const calls = ['a', 'b', 'c', 'd'].map((text) =>
      client.updateSettings({ key, settings: queue(text), version: 1n }),
    );
    const ended = await Promise.allSettled(calls);
    expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await client.getSettings({ key })).settingsRecord?.version).toBe(2n);
  });

  test('levels: as they were written, and as they work together', async () => {
    const { organization, domain: inDomain, project } = keys();
    const variables = (entries: Record<string, string>) => ({
      environmentVariables: { state: VALUE, mapValue: { entries } },
    });
    await client.createSettings({
      key: project,
      settings: { ...variables({ B: 'p' }), run: { maxActionConcurrency: { state: VALUE, intValue: 3n } } },
    });
    await client.createSettings({
      key: organization,
      settings: {
        ...queue('wide'),
        ...variables({ A: 'o', B: 'o' }),
        podTemplateName: { state: VALUE, stringValue: 't' },
      },
    });
    await client.createSettings({
      key: inDomain,
      settings: { ...queue('', INHERIT), podTemplateName: { state: UNSET, stringValue: 'dropped' } },
    });
    const { requestedKey, levels } = await client.getSettingsForEdit({ key: project });
    expect(requestedKey).toMatchObject(project);
    expect(levels.map(({ key }) => key)).toMatchObject([organization, inDomain, project]);
    expect(levels[1]?.settings?.podTemplateName).toMatchObject({ state: UNSET, stringValue: '' });
    expect((await client.getSettingsForEdit({ key: inDomain })).levels).toHaveLength(2);

    const { settings, version } = (await client.getSettings({ key: project })).settingsRecord ?? {};
    expect(version).toBe(1n);
    expect(settings).toMatchObject({
      run: {
        defaultQueue: { stringValue: 'wide', scopeLevel: ScopeLevel.ORG },
        maxActionConcurrency: { intValue: 3n, scopeLevel: ScopeLevel.PROJECT },
      },
      podTemplateName: { state: UNSET, scopeLevel: ScopeLevel.DOMAIN },
      environmentVariables: { mapValue: { entries: { A: 'o', B: 'p' } }, scopeLevel: ScopeLevel.PROJECT },
    });
    const stored = { org_key: org, domain, project: 'p' };
    expect(await resolveSettings(suite.service.dialect.reader, stored)).toEqual({
      environmentVariables: { A: 'o', B: 'p' },
      maxActionConcurrency: 3,
    });
    expect(await resolveSettings(suite.service.dialect.reader, { ...stored, project: 'q' })).toEqual({
      environmentVariables: { A: 'o', B: 'o' },
      maxActionConcurrency: undefined,
    });
  });

  describe('refuses', () => {
    test.each<[string, object, Init<typeof SettingsSchema>, Code, RegExp]>([
      ['a project without a domain', { project: 'p' }, {}, Code.InvalidArgument, /^key\.domain must be set/],
      ['an unknown domain', { domain: 'none' }, {}, Code.NotFound, /no domain "none"/],
      ['a control character', { domain: 'a\nb' }, {}, Code.InvalidArgument, /key\.domain/],
      [
        'an unknown state',
        {},
        queue('', 7 as SettingState),
        Code.InvalidArgument,
        /^settings\.run\.default_queue\.state 7/,
      ],
      [
        'a negative limit',
        {},
        { run: { maxActionConcurrency: { state: VALUE, intValue: -1n } } },
        Code.InvalidArgument,
        /max_action_concurrency .*-1/,
      ],
      ['NUL', {}, queue('a\0'), Code.InvalidArgument, /default_queue must not contain NUL/],
      [
        'no variable',
        {},
        { environmentVariables: { state: VALUE, mapValue: { entries: { 'A=B': '' } } } },
        Code.InvalidArgument,
        /"A=B" is no name of a variable/,
      ],
      ['too much', {}, queue('x'.repeat(70_000)), Code.InvalidArgument, /more than the 65536/],
    ])('%s', async (_, key, settings, code, message) => {
      await expectError(client.createSettings({ key: { org, ...key }, settings }), code, message);
    });

    test('an update without a version', async () => {
      const call = client.updateSettings({ key: keys().organization, settings: {} });
      await expectError(call, Code.InvalidArgument, /^version must be/);
    });

    test('no key and no settings', async () => {
      await expectError(client.getSettings({}), Code.InvalidArgument);
      await expectError(client.createSettings({ key: { org } }), Code.InvalidArgument);
    });
  });
});
