import type { ServiceImpl } from '@connectrpc/connect';
import type { ImageService } from '../../gen/flyteidl2/imagebuilder/service_pb.js';
import { getImage } from './get-image.ts';

/** ImageService: answers images as they are named. */
export function createImageService(): ServiceImpl<typeof ImageService> {
  return { getImage };
}
