import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  type LogLine,
  LogLineOriginator,
  LogLineSchema,
} from '../gen/flyteidl2/logs/dataplane/payload_pb.js';
import type { LogBatch } from './log-file.ts';

/**
 * Lines as messages. A process writes to its log by itself, without times: the timestamp is that of the newest write when the line was read, so
 * for a line that is followed as it is written the time of the line itself.
 */
export function logLines({ lines, writtenAt }: LogBatch): LogLine[] {
  const timestamp = timestampFromMs(Math.trunc(writtenAt));
  return lines.map((message) =>
    create(LogLineSchema, { timestamp, message, originator: LogLineOriginator.USER }),
  );
}
