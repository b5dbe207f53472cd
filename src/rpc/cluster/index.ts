import type { ServiceImpl } from '@connectrpc/connect';
import type { ClusterService } from '../../gen/flyteidl2/cluster/service_pb.js';
import { selectCluster } from './select-cluster.ts';

/** ClusterService: there is one cluster, and it is this service. */
export function createClusterService(): ServiceImpl<typeof ClusterService> {
  return { selectCluster };
}
