import type { EnrichedIdentity } from '../../../src/gen/flyteidl2/common/identity_pb.js';

/** Who it was, as people know them: name, address or handle; else the subject. Empty if nobody is named. */
export function personName(identity: EnrichedIdentity | undefined): string {
  const principal = identity?.principal;
  if (principal?.case === 'user') {
    const { spec, id } = principal.value;
    const full = [spec?.firstName, spec?.lastName].filter(Boolean).join(' ');
    return full || spec?.email || spec?.userHandle || id?.subject || '';
  }
  if (principal?.case === 'application')
    return principal.value.spec?.name || principal.value.id?.subject || '';
  return '';
}

/** The subject by which lists filter (`created_by`). */
export function personSubject(identity: EnrichedIdentity | undefined): string {
  return identity?.principal.value?.id?.subject ?? '';
}
