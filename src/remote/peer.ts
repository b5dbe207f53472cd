import { readFileSync } from 'node:fs';
import type { Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport } from '@connectrpc/connect-node';
import { type PeerConfig, StartupError } from '../config.ts';

/** A transport to the peer. Each call ends within the deadline. Throws a StartupError if the certificates can't be read. */
export function openPeer(peer: PeerConfig, key: string): Transport {
  const nodeOptions = peer.caFile === undefined ? {} : { ca: readCertificates(peer.caFile, key) };
  const common = { baseUrl: peer.url, defaultTimeoutMs: peer.deadlineMs, nodeOptions };
  if (peer.protocol === 'grpc') return createGrpcTransport(common);
  return createConnectTransport({ ...common, httpVersion: '1.1' });
}

function readCertificates(file: string, key: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartupError(`${key}.caFile: ${file} can't be read (${reason})`);
  }
}
