import type { HandlerContext } from '@connectrpc/connect';
import type { ActionAttemptIdentifier } from '../../gen/flyteidl2/common/identifier_pb.js';
import {
  ArtifactType,
  type CreateDownloadLinkRequest,
} from '../../gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import type { TaskIdentifier, TaskSpec } from '../../gen/flyteidl2/task/task_definition_pb.js';
import { codeBundleUri } from '../../runs/code-bundle.ts';
import { invalidArgument, notFound, unimplemented } from '../../runs/errors.ts';
import { type ActionKey, actionText } from '../../runs/identity.ts';
import { timestampOf } from '../../runs/instant.ts';
import { quote } from '../../runs/names.ts';
import { reportUris } from './artifacts.ts';
import { baseUrlFor, type DataProxyDeps, pathOrganization } from './deps.ts';
import { durationMs } from './durations.ts';

/** Signs one GET of a report or code bundle that exists in our storage; NOT_FOUND says what is missing. */
export function createDownloadLink(deps: DataProxyDeps) {
  return async (request: CreateDownloadLinkRequest, context: HandlerContext) => {
    const uri = await artifactUri(deps, request);
    const { signedUrl, expiresAt } = await deps.storage.downloadLink(uri, {
      baseUrl: baseUrlFor(deps, context),
      expiresInMs: durationMs(request.expiresIn),
    });
    return { preSignedUrls: { signedUrl: [signedUrl], expiresAt: timestampOf(expiresAt) } };
  };
}

function artifactUri(
  deps: DataProxyDeps,
  { source, artifactType }: CreateDownloadLinkRequest,
): Promise<string> {
  switch (source.case) {
    case 'actionAttemptId':
      return attemptArtifact(deps, source.value, artifactType);
    case 'taskId':
      return taskArtifact(deps, source.value, artifactType);
    case 'appId':
      throw unimplemented('this service runs no apps');
    case undefined:
      throw invalidArgument('source must be set');
  }
}

async function taskArtifact(deps: DataProxyDeps, id: TaskIdentifier, type: ArtifactType): Promise<string> {
  const where = `version ${quote(id.version)} of task ${quote(id.name)}`;
  const spec = await deps.actions.deployedTask(id);
  if (type !== ArtifactType.CODE_BUNDLE) throw invalidArgument('a task has a code bundle only');
  return codeBundle(deps, spec, where);
}

async function codeBundle(deps: DataProxyDeps, spec: TaskSpec | undefined, where: string): Promise<string> {
  const uri = codeBundleUri(spec);
  if (uri === undefined) throw notFound(`${where} has no code bundle: its code comes with its image`);
  if (await deps.storage.exists(uri)) return uri;
  throw notFound(`the code bundle of ${where} is not in the storage of this service`);
}

async function attemptArtifact(
  deps: DataProxyDeps,
  id: ActionAttemptIdentifier,
  type: ArtifactType,
): Promise<string> {
  const run = id.actionId?.run;
  if (!run) throw invalidArgument('action_attempt_id.action_id.run must be set');
  const action: ActionKey = { run, name: id.actionId?.name ?? '' };
  const org = pathOrganization(deps, run.org);
  const where = `attempt ${id.attempt} of action ${actionText(action)}`;
  const files = await deps.actions.attemptFiles(action, id.attempt);
  if (!files) throw notFound(`there is no ${where}`);

  if (type === ArtifactType.REPORT) {
    for (const uri of reportUris(deps.storage, org, action, id.attempt, files)) {
      if (await deps.storage.exists(uri)) return uri;
    }
    throw notFound(`${where} has no report`);
  }
  if (type === ArtifactType.CODE_BUNDLE) {
    return codeBundle(deps, files.taskSpec, where);
  }
  throw invalidArgument(`artifact_type ${type} is not a type of this contract`);
}
