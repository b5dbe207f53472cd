import { createHash } from 'node:crypto';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { createClient, type Transport } from '@connectrpc/connect';
import { DataProxyService } from '../../src/gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import { OutputsSchema } from '../../src/gen/flyteidl2/task/common_pb.js';
import type { SeedScope } from './seed-run.ts';

/** Stores outputs.pb as a task does; answers where it lies. */
export async function uploadOutputs(
  transport: Transport,
  { org, project, domain }: SeedScope,
  run: string,
  literals: MessageInitShape<typeof OutputsSchema>['literals'] & object,
): Promise<string> {
  const body = toBinary(OutputsSchema, create(OutputsSchema, { literals }));
  const { signedUrl, nativeUrl, headers } = await createClient(
    DataProxyService,
    transport,
  ).createUploadLocation({
    org,
    project,
    domain,
    filename: 'outputs.pb',
    filenameRoot: `seed/${run}/a0/1`,
    contentMd5: createHash('md5').update(body).digest(),
    contentLength: BigInt(body.length),
  });
  const stored = await fetch(signedUrl, { method: 'PUT', body: Uint8Array.from(body), headers });
  if (!stored.ok) throw new Error(`${signedUrl} answered ${stored.status}.`);
  return nativeUrl;
}
