import { expect, test } from 'vitest';
import { fillIn } from './command-line.ts';

const values = {
  input: '/store/inputs/x/inputs.pb',
  outputPrefix: '/store/out/1',
  rawOutputDataPrefix: '/store/out/1/raw',
  checkpointOutputPrefix: '/store/out/1/_flytecheckpoints',
  prevCheckpointPrefix: '',
  runName: 'r1',
  actionName: 'a0',
  runStartTime: '2026-01-01T00:00:00.000000+00:00',
  namespace: 'p-d',
  perRetryUniqueKey: 'r1_a0_0',
};

test.each([
  ['{{.input}}', '/store/inputs/x/inputs.pb'],
  ['{{ .Input }}', '/store/inputs/x/inputs.pb'],
  ['{{$input}}', '/store/inputs/x/inputs.pb'],
  ['{{.inputPrefix}}', '/store/inputs/x'],
  ['--to={{.OUTPUTPREFIX}}/x', '--to=/store/out/1/x'],
  ['{{.runName}}/{{.actionName}}', 'r1/a0'],
  ['{{.prevCheckpointPrefix}}', '""'],
  ['{{.unknown}}', '{{.unknown}}'],
  ['{{.toString}}', '{{.toString}}'],
  ['{not}', '{not}'],
])('%s becomes %s', (template, expected) => {
  expect(fillIn([template], values)).toEqual([expected]);
});

test('a value that looks like a template is not filled in again', () => {
  expect(fillIn(['{{.runName}}'], { ...values, runName: '{{.actionName}} $&' })).toEqual([
    '{{.actionName}} $&',
  ]);
});
