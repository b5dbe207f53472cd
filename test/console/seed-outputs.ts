import { createHash } from 'node:crypto';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { createClient, type Transport } from '@connectrpc/connect';
import { DataProxyService } from '../../src/gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import { OutputsSchema } from '../../src/gen/flyteidl2/task/common_pb.js';
import type { SeedScope } from './seed-run.ts';

/** Stores outputs.pb as a task does; answers where it lies. */
export function uploadOutputs(
  transport: Transport,
  scope: SeedScope,
  run: string,
  literals: MessageInitShape<typeof OutputsSchema>['literals'] & object,
): Promise<string> {
  const body = toBinary(OutputsSchema, create(OutputsSchema, { literals }));
  return uploadFile(transport, scope, `seed/${run}/a0/1`, 'outputs.pb', body);
}

/** Stores a file as a client does, by a signed link; answers where it lies. */
export async function uploadFile(
  transport: Transport,
  { org, project, domain }: SeedScope,
  filenameRoot: string,
  filename: string,
  body: Uint8Array,
): Promise<string> {
  const { signedUrl, nativeUrl, headers } = await createClient(
    DataProxyService,
    transport,
  ).createUploadLocation({
    org,
    project,
    domain,
    filename,
    filenameRoot,
    contentMd5: createHash('md5').update(body).digest(),
    contentLength: BigInt(body.length),
  });
  const stored = await fetch(signedUrl, { method: 'PUT', body: Uint8Array.from(body), headers });
  if (!stored.ok) throw new Error(`${signedUrl} answered ${stored.status}.`);
  return nativeUrl;
}
