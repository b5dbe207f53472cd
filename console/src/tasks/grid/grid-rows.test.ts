import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { ActionPhase } from '../../../../src/gen/flyteidl2/common/phase_pb.js';
import { ActionSchema } from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { gridRows } from './grid-rows.ts';

const { SUCCEEDED, FAILED, RUNNING, QUEUED } = ActionPhase;

function action(name: string, parent: string, task: string, phase: ActionPhase) {
  return create(ActionSchema, {
    id: { name },
    metadata: { parent, spec: { case: 'task', value: { id: { name: task } } } },
    status: { phase },
  });
}

const newer = {
  name: 'newer',
  actions: [
    action('a0', '', 'etl.main', FAILED),
    action('n1', 'a0', 'etl.load', SUCCEEDED),
    action('n2', 'a0', 'etl.load', FAILED),
    action('n3', 'n2', 'etl.write', FAILED),
    action('n4', 'a0', 'etl.load', FAILED),
  ],
};
const older = {
  name: 'older',
  actions: [
    action('a0', '', 'etl.main', RUNNING),
    action('m1', 'a0', 'etl.check', QUEUED),
    action('m2', 'a0', 'etl.load', SUCCEEDED),
    action('m3', 'm1', 'etl.load', SUCCEEDED),
  ],
};

it('puts actions of one name and one parent on a line, the newest run’s first', () => {
  const rows = gridRows([newer, older]);
  expect(rows.map(({ depth, label }) => `${'-'.repeat(depth)}${label}`)).toEqual([
    'main',
    '-load',
    '--write',
    '-check',
    '--load',
  ]);
  expect(new Set(rows.map(({ key }) => key)).size).toBe(5);
});

it('sums up, in each run, what shares a line, and leads to what matters most', () => {
  const load = gridRows([newer, older])[1];
  const cell = load?.cells.get('newer');
  expect([cell?.total, cell?.counts[FAILED], cell?.phase, cell?.action]).toEqual([3, 2, FAILED, 'n2']);
  expect(load?.cells.get('older')).toMatchObject({ total: 1, phase: SUCCEEDED, action: 'm2' });
});

it('keeps what it is not told the parent of, and names what has no name by its id', () => {
  const lost = { name: 'lost', actions: [action('n9', 'unknown', 'etl.lost', RUNNING)] };
  const nameless = { name: 'nameless', actions: [create(ActionSchema, { id: { name: 'n7' } })] };
  const rows = gridRows([lost, nameless]);
  expect(rows.map(({ label, depth }) => [label, depth])).toEqual([
    ['lost', 0],
    ['n7', 0],
  ]);
  expect(gridRows([])).toEqual([]);
});
