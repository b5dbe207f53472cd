import { Button, Group, TextInput } from '@mantine/core';
import { useId, useState } from 'react';
import { knownOrganizations } from '../api/organization.ts';

/** What an organization may be called: what requests may say. */
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Goes to the projects of another organization. Nobody lists organizations: those that were looked at before are offered. */
export function OrganizationField({ current }: { readonly current: string }) {
  const [typed, setTyped] = useState(current);
  const list = useId();
  const name = typed.trim();
  const wrong = name !== '' && name !== current && !NAME.test(name);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        // A new document: nothing that was read of the other organization is left.
        if (name !== '' && !wrong) location.assign(`/?choose=1&org=${encodeURIComponent(name)}`);
      }}
    >
      <Group gap="xs" align="flex-end">
        <TextInput
          label="Organization"
          value={typed}
          maxLength={63}
          list={list}
          error={wrong}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <datalist id={list}>
          {knownOrganizations().map((known) => (
            <option key={known} value={known} />
          ))}
        </datalist>
        <Button type="submit" variant="default" disabled={name === '' || name === current || wrong}>
          Show its projects
        </Button>
      </Group>
    </form>
  );
}
