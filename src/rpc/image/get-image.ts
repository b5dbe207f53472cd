import type { GetImageRequest } from '../../gen/flyteidl2/imagebuilder/payload_pb.js';
import { invalidArgument } from '../../runs/errors.ts';

/** ImageService.GetImage: nothing is built here, so an image is where its name says. */
export function getImage({ id }: GetImageRequest) {
  if (!id?.name) throw invalidArgument('id.name must be set');
  return { image: { id: { name: id.name }, fqin: id.name } };
}
