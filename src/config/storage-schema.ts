import { group } from './group.ts';
import { duration, flag, optionalText, size, text } from './leaves.ts';

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

const isEndpoint = (value: string) => {
  const url = URL.parse(value);
  return (
    url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search && !url.username
  );
};
const isPrefix = (value: string) =>
  value.split('/').every((segment) => segment !== '' && !/^\.{1,2}$/.test(segment));

const s3 = group({
  bucket: optionalText('Bucket for uploaded inputs, outputs and code bundles. Choosing it chooses S3.', {
    hint: 'must be the name of a bucket',
    test: (value) => BUCKET.test(value),
  }),
  prefix: optionalText('What the names of all objects begin with, such as flyte/prod.', {
    hint: 'must be a path without a slash at its ends',
    test: isPrefix,
  }),
  endpoint: optionalText(
    'Address of an S3-compatible server, as clients and tasks reach it, too. Without it: that of AWS in the region.',
    { type: 'URL', hint: 'must be an http or https URL without a path', test: isEndpoint },
  ),
  region: optionalText('Region. Without it: AWS_REGION, else us-east-1.'),
  accessKeyId: optionalText(
    "Id of the access key. Without it: what AWS's default chain finds, such as AWS_ACCESS_KEY_ID or a role.",
  ),
  secretAccessKey: optionalText('The access key itself.'),
  accessKeyIdFile: optionalText('File that holds the id of the access key; it wins over accessKeyId.', {
    type: 'file',
  }),
  secretAccessKeyFile: optionalText('File that holds the access key; it wins over secretAccessKey.', {
    type: 'file',
  }),
  forcePathStyle: flag(
    'Whether the bucket stands in the path of addresses rather than in their host.',
    'true with an endpoint',
  ),
}).optional();

/** The group `storage`: a folder, or an S3-compatible server. */
export const storage = group({
  folder: optionalText('Folder for uploaded inputs, outputs and code bundles.', {
    type: 'folder',
    shown: './data/storage',
  }),
  s3,
  maxUploadBytes: size(
    'The largest file that may be uploaded; S3 knows the size only where the client announces it.',
    '1GiB',
    1024,
    2 ** 40,
  ),
  urlExpiry: duration('How long a signed URL works.', '1h', 1000),
});

/** The group `secrets`: where the key is. */
export const secrets = group({
  keyFile: text(
    'File with the key that secrets are encrypted with, the same for all processes of the service. The first secret makes it. Keep a copy: without it the secrets are lost.',
    './data/secrets.key',
    { type: 'file' },
  ),
  key: optionalText('The key itself, 32 bytes as base64; it wins over keyFile.'),
});
