import { Buffer } from 'node:buffer';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

/** The bytes of a key. */
export const KEY_BYTES = 32;

/** A ciphertext that this key and identity did not make, or that was changed. Says nothing about the content. */
export class DecryptionError extends Error {
  override readonly name = 'DecryptionError';
}

/**
 * Encrypts with AES-256-GCM under a random nonce. `identity` is not hidden but bound: only who names the same one can decrypt, so that a
 * ciphertext is worthless in the row of another secret.
 */
export function encrypt(key: Buffer, identity: string, content: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(identity));
  const encrypted = Buffer.concat([cipher.update(content), cipher.final()]);
  return Buffer.concat([Buffer.of(FORMAT), nonce, cipher.getAuthTag(), encrypted]);
}

/** What was encrypted. Throws a DecryptionError for another key, another identity, or bytes that were changed. */
export function decrypt(key: Buffer, identity: string, encrypted: Uint8Array): Buffer {
  const bytes = Buffer.from(encrypted.buffer, encrypted.byteOffset, encrypted.byteLength);
  if (bytes.length < HEADER_BYTES || bytes[0] !== FORMAT) {
    throw new DecryptionError('these bytes were not encrypted by this service');
  }
  const nonce = bytes.subarray(1, 1 + NONCE_BYTES);
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(identity));
  decipher.setAuthTag(bytes.subarray(1 + NONCE_BYTES, HEADER_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(HEADER_BYTES)), decipher.final()]);
  } catch {
    throw new DecryptionError('the key does not fit, or the bytes were changed');
  }
}
