import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** A GET of a URL, or a POST of JSON, by the program curl, as a person at a terminal would do it. Rejects unless the answer is a 200. */
export async function curl(url: string, json?: unknown): Promise<string> {
  const post = ['-H', 'content-type: application/json', '-d', JSON.stringify(json)];
  const args = ['--silent', '--show-error', '--fail-with-body', '--max-time', '20'];
  const { stdout } = await promisify(execFile)('curl', [...args, ...(json === undefined ? [] : post), url]);
  return stdout;
}
