import { create } from '@bufbuild/protobuf';
import { OverallStatus, type Secret, SecretSchema } from '../../gen/flyteidl2/secret/definition_pb.js';
import type { SecretInfoRow } from '../../repository/secrets.ts';
import { timestampOf } from '../../runs/instant.ts';

/** A secret as answers show it: never with its value. There is one cluster, and what is stored is there. */
export function secretMessage(row: SecretInfoRow): Secret {
  return create(SecretSchema, {
    id: { organization: row.org, project: row.project, domain: row.domain, name: row.name },
    secretMetadata: {
      createdTime: timestampOf(row.created_at),
      type: row.type,
      secretStatus: { overallStatus: OverallStatus.FULLY_PRESENT },
    },
  });
}
