import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { Code, createClient } from '@connectrpc/connect';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inMemoryTransport, refusal } from '../../../test/storage/in-memory.ts';
import {
  ArtifactType,
  type CreateDownloadLinkRequestSchema,
  type CreateUploadLocationRequestSchema,
  DataProxyService,
} from '../../gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import { type TaskSpec, TaskSpecSchema } from '../../gen/flyteidl2/task/task_definition_pb.js';
import { notFound } from '../../runs/errors.ts';
import { instantFromMicros } from '../../runs/instant.ts';
import { createFolderStorage, type FolderStorage } from '../../storage/folder-storage.ts';
import { storagePath } from '../../storage/paths.ts';
import type { AttemptFiles, DataProxyDeps } from './deps.ts';
import { createDataProxyService } from './index.ts';

const content = Buffer.from('content');
const upload = {
  org: '127',
  project: 'p',
  domain: 'development',
  filename: 'inputs.pb',
  contentMd5: createHash('md5').update(content).digest(),
};

let folder: string;
let storage: FolderStorage;
let attempts: Map<string, AttemptFiles>;
let tasks: Map<string, TaskSpec>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dataproxy-'));
  attempts = new Map();
  tasks = new Map();
  storage = createFolderStorage({
    folder,
    signingKey: Buffer.alloc(32, 1),
    maxUploadBytes: 100,
    defaultExpiryMs: 60_000,
    clock: () => instantFromMicros(0n),
    onFailure: (error) => {
      throw error;
    },
  });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function clientOf(more: Partial<DataProxyDeps> = {}) {
  const service = createDataProxyService({
    storage,
    organizations: 'shared',
    actions: {
      attemptFiles: async (action, attempt) => attempts.get(`${action.run.name}/${action.name}/${attempt}`),
      actionData: async () => {
        throw new Error('not asked for here');
      },
      deployedTask: async ({ name, version }) => {
        const spec = tasks.get(`${name} ${version}`);
        if (!spec) throw notFound(`there is no task "${name}"`);
        return spec;
      },
      taskOfTrigger: async () => {
        throw new Error('not asked for here');
      },
    },
    maxDataBytes: 1000,
    requireProject: async (_, project) => {
      if (project !== 'p') throw notFound(`there is no project "${project}"`);
    },
    ...more,
  });
  const transport = inMemoryTransport((router) => router.service(DataProxyService, service));
  return createClient(DataProxyService, transport);
}

describe('CreateUploadLocation', () => {
  it('signs a PUT below the address that the client used, or the configured one', async () => {
    const request = { ...upload, filenameRoot: 'tracked-runs/local-1/a0' };
    const answer = await clientOf().createUploadLocation(request);
    expect(answer.nativeUrl).toBe(join(folder, 'uploads/p/development/tracked-runs/local-1/a0/inputs.pb'));
    expect(answer.signedUrl).toMatch(
      /^https:\/\/in-memory\/storage\/uploads\/p\/development\/tracked-runs\//,
    );
    expect(answer.expiresAt?.seconds).toBe(60n);
    expect(answer.headers).toEqual({ 'Content-MD5': upload.contentMd5.toString('base64') });

    const behindProxy = await clientOf({ publicUrl: 'https://runs.example/api/' }).createUploadLocation(
      request,
    );
    expect(behindProxy.signedUrl).toMatch(/^https:\/\/runs\.example\/api\/storage\/uploads\//);
  });

  it('takes lifetimes and sizes from the request', async () => {
    const client = clientOf();
    const answer = await client.createUploadLocation({
      ...upload,
      expiresIn: { seconds: 90n },
      contentLength: 7n,
    });
    expect(answer.expiresAt?.seconds).toBe(90n);
    expect(new URL(answer.signedUrl).searchParams.get('max')).toBe('7');
    const unset = await client.createUploadLocation({ ...upload, expiresIn: {} });
    expect(unset.expiresAt?.seconds).toBe(60n);
    expect(new URL(unset.signedUrl).searchParams.has('max')).toBe(false);
  });

  it.each<[string, MessageInitShape<typeof CreateUploadLocationRequestSchema>, Code, RegExp]>([
    ['an unknown project', { project: 'none' }, Code.NotFound, /there is no project "none"/],
    ['a filename that climbs', { filename: '../x' }, Code.InvalidArgument, /^filename "\.\.\/x"/],
    ['an absolute root', { filenameRoot: '/etc' }, Code.InvalidArgument, /^filename_root/],
    ['too much', { contentLength: 101n }, Code.InvalidArgument, /^content_length is 101/],
    ['less than nothing', { contentLength: -1n }, Code.InvalidArgument, /^content_length is -1/],
    ['the past', { expiresIn: { seconds: -1n } }, Code.InvalidArgument, /^expires_in/],
    ['a long life', { expiresIn: { seconds: 3601n } }, Code.InvalidArgument, /^expires_in .* 3600 seconds/],
  ])('refuses %s', async (_, change, code, message) => {
    const [given, text] = await refusal(clientOf().createUploadLocation({ ...upload, ...change }));
    expect(text).toMatch(message);
    expect(given).toBe(code);
  });

  it('keeps organizations apart where they count', async () => {
    const client = clientOf({ organizations: 'separate' });
    const { nativeUrl } = await client.createUploadLocation({ ...upload, filenameRoot: 'r' });
    expect(nativeUrl).toBe(join(folder, 'uploads/@127/p/development/r/inputs.pb'));
    expect(await refusal(client.createUploadLocation({ ...upload, org: '' }))).toEqual([
      Code.InvalidArgument,
      'org must be set: this service keeps organizations apart',
    ]);
  });
});

describe('CreateDownloadLink', () => {
  const run = { org: '127', project: 'p', domain: 'development', name: 'local-1' };
  const files = (more: Partial<AttemptFiles> = {}): AttemptFiles => ({
    outputUri: '',
    reportUri: '',
    ...more,
  });
  const store = (path: string) => storage.write(storagePath(path, 'x'), content);
  const request = (
    artifactType: ArtifactType,
    attempt = 1,
  ): MessageInitShape<typeof CreateDownloadLinkRequestSchema> => ({
    artifactType,
    source: { case: 'actionAttemptId', value: { actionId: { run, name: 'a0' }, attempt } },
  });
  const linkedPath = async (artifactType: ArtifactType) => {
    const { preSignedUrls } = await clientOf().createDownloadLink(request(artifactType));
    expect(preSignedUrls?.expiresAt?.seconds).toBe(60n);
    expect(preSignedUrls?.signedUrl).toHaveLength(1);
    return new URL(preSignedUrls?.signedUrl[0] ?? '').pathname;
  };
  const specWith = (...args: string[]): TaskSpec =>
    create(TaskSpecSchema, { taskTemplate: { target: { case: 'container', value: { args } } } });

  it('finds a report where the attempt says, beside its outputs, or where a running tracked run puts it', async () => {
    const tracked = 'uploads/p/development/tracked-runs/local-1/a0/1/report.html';
    await store(tracked);
    attempts.set('local-1/a0/1', files());
    expect(await linkedPath(ArtifactType.REPORT)).toBe(`/storage/${tracked}`);

    for (const outputUri of [join(folder, 'out'), `${folder}/out/`, join(folder, 'out/outputs.pb')]) {
      await store('out/report.html');
      attempts.set('local-1/a0/1', files({ outputUri }));
      expect(await linkedPath(ArtifactType.REPORT), outputUri).toBe('/storage/out/report.html');
    }

    const reportUri = await store('said/report.html');
    attempts.set('local-1/a0/1', files({ outputUri: join(folder, 'out'), reportUri }));
    expect(await linkedPath(ArtifactType.REPORT)).toBe('/storage/said/report.html');
  });

  it.each([
    ['--tgz', ['--inputs', 'x', '--tgz', '$/b/code.tgz', '--dest', '.']],
    ['--pkl', ['--pkl', '$/b/code.tgz']],
    ['--tgz=', ['--tgz=$/b/code.tgz']],
  ])('finds the code bundle of %s', async (_, args) => {
    await store('b/code.tgz');
    const taskSpec = specWith(...args.map((arg) => arg.replace('$', folder)));
    attempts.set('local-1/a0/1', files({ taskSpec }));
    expect(await linkedPath(ArtifactType.CODE_BUNDLE)).toBe('/storage/b/code.tgz');
  });

  it('says what is missing', async () => {
    const client = clientOf();
    const refused = (type: ArtifactType) => refusal(client.createDownloadLink(request(type)));
    const where = 'attempt 1 of action p/development/local-1/a0';
    expect(await refused(ArtifactType.REPORT)).toEqual([Code.NotFound, `there is no ${where}`]);
    attempts.set('local-1/a0/1', files({ outputUri: '/etc/outputs.pb', reportUri: '/etc/hostname' }));
    expect(await refused(ArtifactType.REPORT)).toEqual([Code.NotFound, `${where} has no report`]);
    for (const taskSpec of [undefined, create(TaskSpecSchema), specWith('--tgz'), specWith('a0')]) {
      attempts.set('local-1/a0/1', files({ taskSpec }));
      expect(await refused(ArtifactType.CODE_BUNDLE)).toEqual([
        Code.NotFound,
        `${where} has no code bundle: its code comes with its image`,
      ]);
    }
    for (const uri of ['/etc/hostname', 's3://bucket/code.tgz', `${folder}/none.tgz`]) {
      attempts.set('local-1/a0/1', files({ taskSpec: specWith('--tgz', uri) }));
      expect(await refused(ArtifactType.CODE_BUNDLE), uri).toEqual([
        Code.NotFound,
        `the code bundle of ${where} is not in the storage of this service`,
      ]);
    }
  });

  it('links nothing that lies behind a symbolic link out of the storage', async () => {
    await store('b/code.tgz');
    symlinkSync('/etc/hostname', join(folder, 'b/link'));
    attempts.set('local-1/a0/1', files({ taskSpec: specWith('--tgz', join(folder, 'b/link')) }));
    const [code] = await refusal(clientOf().createDownloadLink(request(ArtifactType.CODE_BUNDLE)));
    expect(code).toBe(Code.PermissionDenied);
  });

  it('finds the code bundle of a deployed task, and knows no apps', async () => {
    const client = clientOf();
    const task = { org: 'o', project: 'p', domain: 'd', name: 't', version: 'v' };
    const ofTask = (artifactType: ArtifactType) =>
      client.createDownloadLink({ artifactType, source: { case: 'taskId', value: task } });
    const { CODE_BUNDLE, REPORT } = ArtifactType;
    expect(await refusal(ofTask(CODE_BUNDLE))).toEqual([Code.NotFound, 'there is no task "t"']);
    tasks.set('t v', specWith('--tgz', await store('b/code.tgz')));
    const { preSignedUrls } = await ofTask(CODE_BUNDLE);
    expect(new URL(preSignedUrls?.signedUrl[0] ?? '').pathname).toBe('/storage/b/code.tgz');
    expect(await refusal(ofTask(REPORT))).toEqual([Code.InvalidArgument, 'a task has a code bundle only']);
    tasks.set('t v', specWith());
    expect(await refusal(ofTask(CODE_BUNDLE))).toEqual([
      Code.NotFound,
      'version "v" of task "t" has no code bundle: its code comes with its image',
    ]);
    const ofApp = client.createDownloadLink({
      artifactType: CODE_BUNDLE,
      source: { case: 'appId', value: {} },
    });
    expect(await refusal(ofApp)).toEqual([Code.Unimplemented, 'this service runs no apps']);
  });
});
