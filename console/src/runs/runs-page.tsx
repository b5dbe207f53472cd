import { getRouteApi } from '@tanstack/react-router';

/** The runs of a project. */
export function RunsPage() {
  const { project } = getRouteApi('/v2/domain/$domain/project/$project/runs').useParams();
  return <p>{project}</p>;
}

/** The tracked runs of a project. */
export function TrackedRunsPage() {
  const { project } = getRouteApi('/v2/domain/$domain/project/$project/tracked-runs').useParams();
  return <p>{project}</p>;
}
