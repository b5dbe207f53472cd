import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RuntimeMetadata_RuntimeType, TaskTemplateSchema } from '../gen/flyteidl2/core/tasks_pb.js';
import { configuredPython, Interpreters, type RunProgram } from './interpreters.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runs-venvs-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const sdk = (version: string) =>
  create(TaskTemplateSchema, {
    metadata: { runtime: { type: RuntimeMetadata_RuntimeType.FLYTE_SDK, version } },
  });

/** Python as a log of calls: `venv` makes the folder. */
function fakePython(options: { installs?: () => boolean; known?: string[] } = {}) {
  const calls: string[] = [];
  const known = options.known ?? ['python3'];
  const run: RunProgram = async (program, args) => {
    calls.push([program.replace(folder, '…').replace(/-[0-9a-f]{12}/, ''), ...args].join(' '));
    if (args[0] === '-c')
      return known.includes(program) ? { code: 0, output: '3.12\n' } : { code: 127, output: '' };
    if (args[1] === 'venv') await mkdir(args[2] ?? '', { recursive: true });
    const works = args[1] === 'venv' || (options.installs?.() ?? true);
    return works ? { code: 0, output: '' } : { code: 1, output: 'no matching distribution' };
  };
  return { calls, run };
}

test('an environment is made once per version, however many tasks ask for it, and is found again', async () => {
  const python = fakePython();
  const interpreters = new Interpreters({ folder, configured: undefined, run: python.run });
  const [a, b] = await Promise.all([
    interpreters.binFolder(sdk('2.12.1'), ''),
    interpreters.binFolder(sdk('2.12.1'), ''),
  ]);
  expect(a).toBe(b);
  expect(a).toMatch(/2\.12\.1-py3\.12-\w+\/bin$/);
  expect(python.calls.filter((call) => call.includes('pip install'))).toEqual([
    '…/2.12.1-py3.12/bin/python -m pip install --disable-pip-version-check flyte==2.12.1',
  ]);
  const later = new Interpreters({ folder, configured: undefined, run: python.run });
  await later.clean();
  expect(await later.binFolder(sdk('2.12.1'), '')).toBe(a);
  expect(await later.binFolder(sdk('2.5.8'), '')).not.toBe(a);
});

test('a task that names no version gets the newest one', async () => {
  const python = fakePython();
  await new Interpreters({ folder, configured: undefined, run: python.run }).binFolder(sdk(''), '');
  expect(python.calls.at(-1)).toMatch(/ flyte$/);
});

test('a failed installation leaves nothing behind, says why, and is tried again by the next task', async () => {
  let works = false;
  const python = fakePython({ installs: () => works });
  const interpreters = new Interpreters({ folder, configured: undefined, run: python.run });
  await expect(interpreters.binFolder(sdk('9.9.9'), '')).rejects.toThrow('no matching distribution');
  expect(await readdir(folder)).toEqual([]);
  works = true;
  await expect(interpreters.binFolder(sdk('9.9.9'), '')).resolves.toMatch(/9\.9\.9/);
});

test('what an interrupted installation left behind is removed and never used', async () => {
  await mkdir(join(folder, '2.0.0-py3.12-abandoned', 'bin'), { recursive: true });
  await writeFile(join(folder, '2.0.0-py3.12.current.tmp'), 'x');
  const interpreters = new Interpreters({ folder, configured: undefined, run: fakePython().run });
  await interpreters.clean();
  expect(await readdir(folder)).toEqual([]);
});

test("the Python of the task's image is used where there is one", async () => {
  const both = fakePython({ known: ['python3.12', 'python3'] });
  await new Interpreters({ folder, configured: undefined, run: both.run }).binFolder(
    sdk('1.0'),
    'x:py3.12-v2',
  );
  expect(both.calls[0]).toMatch(/^python3\.12 -c/);
  expect(both.calls[1]).toMatch(/^python3\.12 -m venv/);
  const one = fakePython();
  await new Interpreters({ folder, configured: undefined, run: one.run }).binFolder(
    sdk('1.1'),
    'x:py3.11-v2',
  );
  expect(one.calls[2]).toMatch(/^python3 -m venv/);
  const none = fakePython({ known: [] });
  await expect(
    new Interpreters({ folder, configured: undefined, run: none.run }).binFolder(sdk('1.2'), ''),
  ).rejects.toThrow('python3 was not found');
});

test('a version that is no version is not handed to pip', async () => {
  const python = fakePython();
  const interpreters = new Interpreters({ folder, configured: undefined, run: python.run });
  await expect(interpreters.binFolder(sdk('--index-url=http://x'), '')).rejects.toThrow('no version');
  expect(python.calls.some((call) => call.includes('pip'))).toBe(false);
});

test('a task without the SDK needs no environment, and a configured Python is used for all', async () => {
  const python = fakePython();
  const raw = create(TaskTemplateSchema);
  expect(
    await new Interpreters({ folder, configured: undefined, run: python.run }).binFolder(raw, ''),
  ).toBeUndefined();
  expect(
    await new Interpreters({ folder, configured: '/venv/bin', run: python.run }).binFolder(raw, ''),
  ).toBe('/venv/bin');
  expect(python.calls).toEqual([]);
});

test('a configured Python is a virtual environment or a program', async () => {
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin', 'python'), '');
  expect(await configuredPython(undefined)).toBeUndefined();
  expect(await configuredPython(folder)).toBe(join(folder, 'bin'));
  expect(await configuredPython(join(folder, 'bin', 'python'))).toBe(join(folder, 'bin'));
  await expect(configuredPython(join(folder, 'nothing'))).rejects.toThrow('executor.process.python');
});
