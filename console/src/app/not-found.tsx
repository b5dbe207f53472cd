import { Link } from '@tanstack/react-router';
import { EmptyState } from '../shared/empty-state.tsx';

/** For addresses that nothing stands under. */
export function NotFound() {
  return (
    <EmptyState title="There is no such page">
      The address may be cut off. <Link to="/">Go to the runs</Link>
    </EmptyState>
  );
}
