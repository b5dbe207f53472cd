import {
  type DescField,
  type DescMessage,
  type DescOneof,
  type Message,
  ScalarType,
} from '@bufbuild/protobuf';

/** Fills the empty organizations of one message. */
type Fill = (message: Record<string, unknown>, organization: string) => void;

const plans = new WeakMap<DescMessage, Fill | undefined>();

/** Messages that are the organization themselves, by their field `name`. */
const namedByName = new Set(['flyteidl2.common.OrgIdentifier', 'flyteidl2.common.Organization']);

/** What belongs to a user's task or says who somebody is stays as it was sent. */
const untouched =
  /^(google\.|flyteidl2\.core\.|flyteidl2\.common\.(User|Application|AppSpec|UserSpec|EnrichedIdentity)$)/;

/**
 * Writes the organization into every identifier of a request that has an empty one: in identifiers, lists of
 * them, and scopes (a oneof that is an empty `org`). Which fields of a type lead to one is found out once.
 */
export function fillOrganization(schema: DescMessage, message: Message, organization: string): void {
  planOf(schema)?.(message as unknown as Record<string, unknown>, organization);
}

function planOf(schema: DescMessage): Fill | undefined {
  if (!plans.has(schema))
    plans.set(schema, leadsToOrganization(schema, new Set()) ? makePlan(schema) : undefined);
  return plans.get(schema);
}

function isOrganization(field: DescField): boolean {
  if (field.fieldKind !== 'scalar' || field.scalar !== ScalarType.STRING) return false;
  if (namedByName.has(field.parent.typeName)) return field.name === 'name';
  return field.name === 'org' || field.name === 'organization';
}

function childOf(field: DescField): DescMessage | undefined {
  const child =
    field.fieldKind === 'message' ||
    (field.fieldKind === 'list' && field.listKind === 'message') ||
    (field.fieldKind === 'map' && field.mapKind === 'message')
      ? field.message
      : undefined;
  return child && !untouched.test(child.typeName) ? child : undefined;
}

function leadsToOrganization(schema: DescMessage, seen: Set<DescMessage>): boolean {
  if (seen.has(schema)) return false;
  seen.add(schema);
  return schema.fields.some((field) => {
    const child = childOf(field);
    return isOrganization(field) || (child !== undefined && leadsToOrganization(child, seen));
  });
}

function makePlan(schema: DescMessage): Fill {
  const steps = schema.members.flatMap((member) => stepOf(member) ?? []);
  return (message, organization) => {
    for (const step of steps) step(message, organization);
  };
}

function stepOf(member: DescField | DescOneof): Fill | undefined {
  if (member.kind === 'field') {
    const fill = fillerOf(member);
    return (
      fill &&
      ((message, organization) => {
        const value = message[member.localName];
        const filled = fill(value, organization);
        if (filled !== value) message[member.localName] = filled;
      })
    );
  }
  const cases = new Map(
    member.fields.flatMap((field) => {
      const fill = fillerOf(field);
      return fill ? [[field.localName, fill] as const] : [];
    }),
  );
  if (cases.size === 0) return undefined;
  return (message, organization) => {
    const chosen = message[member.localName] as { case: string | undefined; value?: unknown };
    const fill = chosen.case === undefined ? undefined : cases.get(chosen.case);
    if (fill) chosen.value = fill(chosen.value, organization);
  };
}

/** The value that a field has once its organizations are filled; messages are changed in place. */
function fillerOf(field: DescField): ((value: unknown, organization: string) => unknown) | undefined {
  if (isOrganization(field)) return (value, organization) => (value === '' ? organization : value);
  const child = childOf(field);
  if (!child || !leadsToOrganization(child, new Set())) return undefined;
  return (value, organization) => {
    for (const message of messagesIn(field, value)) planOf(child)?.(message, organization);
    return value;
  };
}

function messagesIn(field: DescField, value: unknown): Record<string, unknown>[] {
  if (value === undefined) return [];
  if (field.fieldKind === 'list') return value as Record<string, unknown>[];
  if (field.fieldKind === 'map') return Object.values(value as Record<string, Record<string, unknown>>);
  return [value as Record<string, unknown>];
}
