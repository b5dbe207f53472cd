import { create, type DescMethodUnary, type MessageInitShape } from '@bufbuild/protobuf';
import { DataProxyService } from '../../src/gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import { ImageService } from '../../src/gen/flyteidl2/imagebuilder/service_pb.js';
import { SecretService } from '../../src/gen/flyteidl2/secret/secret_pb.js';
import { SettingState } from '../../src/gen/flyteidl2/settings/settings_definition_pb.js';
import { SettingsService } from '../../src/gen/flyteidl2/settings/settings_service_pb.js';
import { actionId, newName, PLACE, runId, taskSpec } from '../rpc/requests.ts';
import type { GoodRequest, World } from './good-requests.ts';

/** One request for each RPC about inputs and outputs, secrets, settings and images. */
export function dataRequests({ run, inputs, secret }: World): GoodRequest[] {
  const list: GoodRequest[] = [];
  const add = <Method extends DescMethodUnary>(
    method: Method,
    request: () => MessageInitShape<Method['input']>,
    variant = '',
    fields?: readonly string[],
  ) => {
    const name = `${method.parent.name}.${method.name}${variant}`;
    list.push({ name, method, request: () => create(method.input, request() as never), fields });
  };
  const id = { case: 'runId', value: runId(run) } as const;
  const task = { case: 'taskSpec', value: taskSpec() } as const;
  const { uploadInputs, getActionData } = DataProxyService.method;
  const named = { ...PLACE, name: 'my_env.my_task', version: 'v1' };
  const value = (text: string) => ({
    value: {
      case: 'scalar' as const,
      value: {
        value: {
          case: 'primitive' as const,
          value: { value: { case: 'stringValue' as const, value: text } },
        },
      },
    },
  });
  add(uploadInputs, () => ({
    id,
    task,
    inputs: { literals: [{ name: 'x', value: value('x') }], context: [{ key: 'k', value: 'v' }] },
    baseDir: inputs.replace(/\/[^/]*$/, ''),
  }));
  add(uploadInputs, () => ({ id, task: { case: 'taskId' as const, value: named } }), ', task id', [
    'task_id',
  ]);
  const trigger = { ...PLACE, taskName: named.name, name: 'nightly' };
  add(uploadInputs, () => ({ id, task: { case: 'triggerName' as const, value: trigger } }), ', trigger', [
    'trigger_name',
  ]);
  add(getActionData, () => ({ actionId: actionId(run) }));

  const secrets = SecretService.method;
  const scope = { organization: PLACE.org, domain: PLACE.domain, project: PLACE.project };
  const secretSpec = { value: { case: 'stringValue', value: 'x' } } as const;
  add(secrets.createSecret, () => ({ id: { ...scope, name: newName('s') }, secretSpec }));
  add(secrets.updateSecret, () => ({ id: { ...scope, name: secret }, secretSpec }));
  add(secrets.getSecret, () => ({ id: { ...scope, name: secret } }));
  add(secrets.deleteSecret, () => ({ id: { ...scope, name: secret } }));
  add(secrets.listSecrets, () => ({ ...scope, limit: 2 }));

  const settings = SettingsService.method;
  const key = { org: PLACE.org, domain: PLACE.domain, project: PLACE.project };
  const leaf = { state: SettingState.VALUE };
  const all = {
    run: { defaultQueue: { ...leaf, stringValue: 'q' }, maxActionConcurrency: { ...leaf, intValue: 2n } },
    taskResource: { min: { cpu: { ...leaf, quantityValue: '1' } }, mirrorLimitsRequest: leaf },
    environmentVariables: { ...leaf, mapValue: { entries: { A: '1' } } },
  };
  add(settings.createSettings, () => ({ key: { ...key, project: newName('p') }, settings: all }));
  add(settings.updateSettings, () => ({ key, settings: all, version: 1n }));
  add(settings.getSettings, () => ({ key }));
  add(settings.getSettingsForEdit, () => ({ key }));

  add(ImageService.method.getImage, () => ({
    id: { name: 'image' },
    projectId: { organization: PLACE.org, domain: PLACE.domain, name: PLACE.project },
  }));
  return list;
}
