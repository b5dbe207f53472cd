/**
 * Empty fields mean "the endpoint that you asked", for every operation. Naming an address instead would make Flyte's SDK open (and
 * log in to) a second session whenever its user wrote the address differently.
 */
export function selectCluster() {
  return { clusterEndpoint: '', cluster: '' };
}
