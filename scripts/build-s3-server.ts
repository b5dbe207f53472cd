/** `node scripts/build-s3-server.ts`: builds the S3-compatible server of the tests, once per machine, and prints where it is. */
import { s3Binary } from '../test/support/s3-binary.ts';

console.log(await s3Binary());
