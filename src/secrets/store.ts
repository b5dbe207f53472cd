import { Buffer } from 'node:buffer';
import { StartupError } from '../config/errors.ts';
import type { Db, Dialect } from '../repository/dialects/dialect.ts';
import {
  anySecret,
  insertSecret,
  type SecretRow,
  updateSecret,
  visibleSecrets,
} from '../repository/secrets.ts';
import { DomainError, failedPrecondition } from '../runs/errors.ts';
import { quote } from '../runs/names.ts';
import { DecryptionError, decrypt, encrypt } from './cipher.ts';
import { identityText, type SecretKey, type SecretScope, secretText } from './identity.ts';
import type { KeySource } from './key-source.ts';

/** The row of service_state by which a process finds out whether its key is the one that the secrets were encrypted with. */
const CHECK = 'secrets-key-check';

const NO_KEY = 'this service has no usable key for secrets; its log says why';

/** A secret to store. */
export type NewSecret = Omit<SecretRow, 'value'> & { readonly value: Uint8Array };

/** Keeps secrets in the database, encrypted with a key that the database does not hold. */
export class SecretStore {
  readonly #dialect: Dialect;
  readonly #source: KeySource;

  constructor(dialect: Dialect, source: KeySource) {
    this.#dialect = dialect;
    this.#source = source;
  }

  /** Throws a StartupError if there are secrets that the key can't decrypt. Where nobody has stored one, no key is needed yet. */
  async checkKey(): Promise<void> {
    const db = this.#dialect.reader;
    const check = await readCheck(db);
    if (check === undefined) return;
    const key = this.#source.read();
    if (key !== undefined && fits(key, check)) return;
    // Without secrets nothing is lost: the next one that is stored begins anew with the key that there is then.
    if (!(await anySecret(db))) return;
    throw new StartupError(
      key === undefined
        ? `${this.#source.name} does not exist, but the secrets in the database were encrypted with a key; put that key there`
        : `${this.#source.name} is not the key that the secrets in the database were encrypted with; put that one there`,
    );
  }

  /** Stores a secret; false if there already is one of that name. Throws failed_precondition if another process has another key. */
  async create(secret: NewSecret): Promise<boolean> {
    const key = await this.#keyToStore();
    return await this.#dialect.writer.transaction().execute(async (db) => {
      await this.#settleKey(db, key);
      return insertSecret(db, { ...secret, value: encrypt(key, identityText(secret), secret.value) });
    });
  }

  /** Replaces the value of a secret; false if there is none. Throws failed_precondition if another process has another key. */
  async update(secret: SecretKey & Pick<NewSecret, 'type' | 'value' | 'updated_at'>): Promise<boolean> {
    const key = await this.#keyToStore();
    const { type, updated_at } = secret;
    return await this.#dialect.writer.transaction().execute(async (db) => {
      await this.#settleKey(db, key);
      const value = encrypt(key, identityText(secret), secret.value);
      return updateSecret(db, secret, { type, updated_at, value });
    });
  }

  /**
   * The values of secrets for a task that runs in a project and domain; of several with the same name the one of the project wins over
   * the domain's, and that over the organization's. Names without a secret are not in the answer. Throws data_loss for one that can't be
   * decrypted.
   */
  async resolveSecrets(scope: SecretScope, names: readonly string[]): Promise<Map<string, Buffer>> {
    const rows = await visibleSecrets(this.#dialect.reader, scope, [...new Set(names)]);
    const best = new Map<string, SecretRow>();
    for (const row of rows) {
      const other = best.get(row.name);
      if (other === undefined || rank(row) > rank(other)) best.set(row.name, row);
    }
    if (best.size === 0) return new Map();
    // Not made here: a new key would not fit.
    const key = this.#key(() => this.#source.read());
    if (key === undefined) throw failedPrecondition(NO_KEY);
    return new Map([...best].map(([name, row]) => [name, open(key, row)]));
  }

  /** Makes a key only for the first secret: beside others a new one would not fit. */
  async #keyToStore(): Promise<Buffer> {
    const present = this.#key(() => this.#source.read());
    if (present !== undefined) return present;
    if (await anySecret(this.#dialect.reader)) throw failedPrecondition(NO_KEY);
    return this.#key(() => this.#source.readOrMake());
  }

  #key<T>(read: () => T): T {
    try {
      return read();
    } catch (cause) {
      // The place of the key is nothing for callers; the log has it as the cause.
      throw new DomainError('failed_precondition', NO_KEY, { cause });
    }
  }

  /** Makes sure, inside the transaction that stores a secret, that all secrets have this key. */
  async #settleKey(db: Db, key: Buffer): Promise<void> {
    const check = encrypt(key, CHECK, Buffer.from(CHECK)).toString('base64');
    // Also where it changes nothing this locks the row: of two processes with two keys, one sees what the other has stored.
    const { value } = await db
      .insertInto('service_state')
      .values({ name: CHECK, value: check })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ name: CHECK }))
      .returning('value')
      .executeTakeFirstOrThrow();
    if (fits(key, value)) return;
    if (await anySecret(db)) {
      throw failedPrecondition(
        'another process of this service uses another key for secrets; give all the same one',
      );
    }
    await db.updateTable('service_state').set({ value: check }).where('name', '=', CHECK).execute();
  }
}

async function readCheck(db: Db): Promise<string | undefined> {
  const row = await db
    .selectFrom('service_state')
    .select('value')
    .where('name', '=', CHECK)
    .executeTakeFirst();
  return row?.value;
}

function fits(key: Buffer, check: string): boolean {
  try {
    decrypt(key, CHECK, Buffer.from(check, 'base64'));
    return true;
  } catch (error) {
    if (error instanceof DecryptionError) return false;
    throw error;
  }
}

function rank({ project, domain }: SecretScope): number {
  return (project === '' ? 0 : 2) + (domain === '' ? 0 : 1);
}

function open(key: Buffer, row: SecretRow): Buffer {
  try {
    return decrypt(key, identityText(row), row.value);
  } catch (cause) {
    throw new DomainError(
      'data_loss',
      `secret ${quote(secretText(row))} can't be decrypted; store it again`,
      {
        cause,
      },
    );
  }
}
