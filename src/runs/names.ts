import { invalidArgument } from './errors.ts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const RUN_NAME = /^[a-z]([-a-z0-9]{0,28}[a-z0-9])?$/;

/** A new run name: `r` and 19 random characters of [a-z0-9], about 98 bits. */
export function generateRunName(): string {
  let name = 'r';
  while (name.length < 20) {
    const byte = crypto.getRandomValues(new Uint8Array(1))[0] ?? 255;
    // Above the last multiple of 36 letters would come more often than others.
    if (byte < 252) name += ALPHABET[byte % ALPHABET.length];
  }
  return name;
}

/** Throws invalid_argument unless a given run name is a DNS-1035 label of at most 30 characters. */
export function checkRunName(name: string): void {
  if (!RUN_NAME.test(name)) {
    throw invalidArgument(
      `run name ${quote(name)} must be 1 to 30 lower-case letters, digits or '-', begin with a letter and end with a letter or digit`,
    );
  }
}

/** Throws invalid_argument if text that becomes part of a key holds a control character, which no database key should. */
export function checkPlainText(text: string, field: string): void {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) throw invalidArgument(`${field} must not contain control characters`);
  }
}

/** A value as messages show it: quoted and cut to a readable length. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
