import { type DescMessage, fromJson, type JsonValue, toBinary } from '@bufbuild/protobuf';
import { RecordActionRequestSchema } from '../../src/gen/flyteidl2/workflow/internal_run_service_pb.js';
import { ActionEventSchema } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { CreateRunRequestSchema } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { field, intField } from './wire.ts';

/** Where everything that the benchmarks make belongs to. */
export const PLACE = { org: 'bench', project: 'bench', domain: 'development' } as const;

/** How many versions of the task the runs use. */
const VERSIONS = 20;

const encode = (schema: DescMessage, json: JsonValue): Buffer =>
  Buffer.from(toBinary(schema, fromJson(schema, json)));

/** The wire bytes of a run's identifier. */
export function runId(name: string): Buffer {
  return Buffer.concat([
    field(1, PLACE.org),
    field(2, PLACE.project),
    field(3, PLACE.domain),
    field(4, name),
  ]);
}

/** The wire bytes of an action's identifier. */
export function actionId(run: string, name: string): Buffer {
  return Buffer.concat([field(1, runId(run)), field(2, name)]);
}

/** The name of the n-th child of a run. */
export const childName = (n: number): string => `c${String(n).padStart(6, '0')}`;

/** A task of a container as the SDK describes one: about 2 KB. */
export function taskSpecJson(name: string, version: number): JsonValue {
  const flags = ['inputs', 'outputs-path', 'raw-data-path', 'checkpoint-path', 'prev-checkpoint', 'run-name'];
  const args = ['a0', ...flags.flatMap((flag) => [`--${flag}`, `{{.${flag.replaceAll('-', '')}Prefix}}`])];
  args.push('--image-cache', 'H4sIAPdEimkC6tWysxNTE+Nz8nPzy4tULKqVspIzcnJjy'.repeat(6));
  args.push('--tgz', `s3://bench-data/fast-registration/fast${version}.tar.gz`, '--dest', '.');
  args.push(
    '--resolver',
    'flyte._internal.resolvers.default.DefaultTaskResolver',
    'mod',
    'train',
    'instance',
  );
  const env = Array.from({ length: 12 }, (_, i) => ({
    key: `SOME_ENVIRONMENT_VARIABLE_${String(i).padStart(2, '0')}`,
    value: `a moderately long value, as found in practice ${i}`,
  }));
  const simple = (type: string) => ({ type: { simple: type } });
  return {
    taskTemplate: {
      id: { resourceType: 'TASK', ...PLACE, name, version: `v${String(version).padStart(28, '0')}` },
      type: 'python',
      metadata: {
        runtime: { type: 'FLYTE_SDK', version: '2.0.53', flavor: 'python' },
        timeout: '3600s',
        retries: { retries: 3 },
        debuggable: true,
        tags: { team: 'research', 'cost-center': 'cc-1234' },
      },
      interface: {
        inputs: {
          variables: [
            {
              key: 'x_list',
              value: { type: { collectionType: { simple: 'FLOAT' } }, description: 'numbers' },
            },
            { key: 'learning_rate', value: simple('FLOAT') },
            { key: 'name', value: simple('STRING') },
          ],
        },
        outputs: { variables: [{ key: 'o0', value: simple('STRING') }] },
      },
      container: {
        image: 'ghcr.io/flyteorg/flyte:py3.12-v2.0.53',
        args,
        env,
        resources: {
          requests: [
            { name: 'CPU', value: '1' },
            { name: 'MEMORY', value: '1Gi' },
          ],
        },
      },
    },
    shortName: name,
    environment: { name: 'train-env' },
    documentation: { shortDescription: 'Trains a model.' },
  };
}

const inputs: JsonValue = {
  literals: [
    {
      name: 'x_list',
      value: {
        collection: {
          literals: Array.from({ length: 16 }, (_, i) => ({
            scalar: { primitive: { floatValue: i + 0.5 } },
          })),
        },
      },
    },
    { name: 'learning_rate', value: { scalar: { primitive: { floatValue: 0.01 } } } },
    { name: 'name', value: { scalar: { primitive: { stringValue: 'experiment-42' } } } },
  ],
};

const runTails = lazy(() =>
  Array.from({ length: VERSIONS }, (_, version) =>
    encode(CreateRunRequestSchema, {
      taskSpec: taskSpecJson('train.main', version),
      inputs,
      runSpec: { labels: { values: { owner: 'alice' } }, envs: { values: [{ key: 'A', value: 'B' }] } },
      source: 'RUN_SOURCE_CLI',
    }),
  ),
);

/** CreateRunRequest, about 2.5 KB: a container task of one of 20 versions, three inputs, a label. */
export function createRunRequest(name: string, n: number): Buffer {
  const tails = runTails();
  return Buffer.concat([field(1, runId(name)), tails[n % VERSIONS] ?? Buffer.alloc(0)]);
}

const actionTail = lazy(() =>
  encode(RecordActionRequestSchema, {
    parent: 'a0',
    inputUri: 's3://bench-data/inputs',
    task: {
      id: { ...PLACE, name: 'train.step', version: 'v1' },
      spec: taskSpecJson('train.step', 0),
    },
  }),
);

/** RecordActionRequest of a child of the root action, about 2.3 KB. */
export function recordActionRequest(run: string, name: string): Buffer {
  return Buffer.concat([field(1, actionId(run, name)), actionTail()]);
}

/** UpdateActionStatusRequest: phase and attempts as numbers. */
export function updateStatusRequest(run: string, name: string, phase: number, attempts: number): Buffer {
  const status = Buffer.concat([intField(1, phase), intField(4, attempts)]);
  return Buffer.concat([field(1, actionId(run, name)), field(2, status)]);
}

const eventTail = lazy(() =>
  encode(ActionEventSchema, {
    cluster: 'local-cluster',
    logInfo: [
      {
        uri: 'https://logs.example.com/p/ns/pod-name-0/container?tail=200',
        name: 'Kubernetes Logs',
        messageFormat: 'JSON',
      },
    ],
    cacheStatus: 'CACHE_DISABLED',
  }),
);

/** The wire bytes of an ActionEvent of the first attempt, with a log reference, at the present time. */
export function actionEvent(run: string, name: string, phase: number): Buffer {
  const now = Date.now();
  const time = Buffer.concat([intField(1, Math.floor(now / 1000)), intField(2, (now % 1000) * 1_000_000)]);
  return Buffer.concat([
    field(1, actionId(run, name)),
    intField(2, 1),
    intField(3, phase),
    field(6, time),
    field(15, time),
    eventTail(),
  ]);
}

function lazy<T>(make: () => T): () => T {
  let value: T | undefined;
  return () => {
    value ??= make();
    return value;
  };
}
