import { createHash } from 'node:crypto';
import { clone, create, toBinary } from '@bufbuild/protobuf';
import type { UploadInputsRequest } from '../../gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import { InputsSchema } from '../../gen/flyteidl2/task/common_pb.js';
import type { TaskSpec } from '../../gen/flyteidl2/task/task_definition_pb.js';
import { invalidArgument } from '../../runs/errors.ts';
import { quote } from '../../runs/names.ts';
import { joinStoragePath, ownedFolder, type StoragePath, storagePath } from '../../storage/paths.ts';
import { sortMaps } from './canonical.ts';
import { type DataProxyDeps, pathOrganization } from './deps.ts';
import { inputsHash } from './inputs-hash.ts';

/**
 * DataProxyService.UploadInputs: stores inputs under a name made of their content, so that the same inputs are one file however often
 * they are sent. The task tells which inputs the answered hash leaves out. Throws not_found for a project, task or trigger that is not
 * there, invalid_argument for a base_dir outside the storage.
 */
export function uploadInputs(deps: DataProxyDeps) {
  return async (request: UploadInputsRequest) => {
    const place = placeOf(request.id);
    await deps.requireProject(place.org, place.project, place.domain);
    const task = await taskOf(deps, request.task);
    const base = baseFolder(deps, request.baseDir, place);
    const inputs = request.inputs ? clone(InputsSchema, request.inputs) : create(InputsSchema);
    sortMaps(InputsSchema, inputs);
    const content = toBinary(InputsSchema, inputs);
    const path = joinStoragePath(
      base,
      storagePath(createHash('sha256').update(content).digest('hex'), 'the path'),
      storagePath('inputs.pb', 'the path'),
    );
    return {
      offloadedInputData: {
        uri: await deps.storage.write(path, content),
        inputsHash: inputsHash(inputs, task.taskTemplate?.metadata?.cacheIgnoreInputVars ?? []),
      },
    };
  };
}

interface Place {
  readonly org: string;
  readonly project: string;
  readonly domain: string;
}

function placeOf(id: UploadInputsRequest['id']): Place {
  switch (id.case) {
    case 'runId':
      return id.value;
    case 'projectId':
      return { org: id.value.organization, project: id.value.name, domain: id.value.domain };
    default:
      throw invalidArgument('run_id or project_id must be set');
  }
}

async function taskOf({ actions }: DataProxyDeps, task: UploadInputsRequest['task']): Promise<TaskSpec> {
  switch (task.case) {
    case 'taskSpec':
      return task.value;
    case 'taskId':
      return actions.deployedTask(task.value);
    case 'triggerName':
      return actions.taskOfTrigger(task.value);
    default:
      throw invalidArgument('task_spec, task_id or trigger_name must be set');
  }
}

const FOLDER = storagePath('offloaded-inputs', 'the path');

function baseFolder(deps: DataProxyDeps, baseDir: string, { org, project, domain }: Place): StoragePath {
  if (baseDir === '') return ownedFolder(FOLDER, pathOrganization(deps, org), project, domain);
  const base = deps.storage.resolve(baseDir);
  if (base === undefined) {
    throw invalidArgument(`base_dir ${quote(baseDir)} is not in the storage of this service`);
  }
  return joinStoragePath(base, FOLDER);
}
