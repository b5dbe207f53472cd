import type { EnumValues, FieldTable, ListField } from './filter-fields.ts';

const sorted = { indexed: true, sortable: true };

/** Whether a trigger is active, as the database holds it; filters write true and false. */
const states: EnumValues = {
  names: ['INACTIVE', 'ACTIVE'],
  numberOf: (name) => (name === 'ACTIVE' ? 1 : 0),
  parse(text) {
    const lower = text.toLowerCase();
    if (['true', '1', 'active'].includes(lower)) return 'ACTIVE';
    return ['false', '0', 'inactive'].includes(lower) ? 'INACTIVE' : undefined;
  },
};

const automationNames = ['TYPE_UNSPECIFIED', 'TYPE_NONE', 'TYPE_SCHEDULE', 'TYPE_ARTIFACT'];
const automations: EnumValues = {
  names: automationNames,
  numberOf: (name) => automationNames.indexOf(name),
  parse(text) {
    const upper = text.toUpperCase();
    return automationNames.find(
      (name, i) => name === upper || name === `TYPE_${upper}` || String(i) === text,
    );
  },
};

/** What ListTasks knows of a task. */
export const TASK_FIELDS: FieldTable = {
  what: 'tasks',
  createdTies: ['name', 'id'],
  ties: ['id'],
  fields: [
    field('name', 'text', 'name', { aliases: ['task_name'], ...sorted }),
    field('version', 'text', 'version', { aliases: ['task_version'], ...sorted }),
    field('project', 'text', 'project', sorted),
    field('domain', 'text', 'domain', sorted),
    field('short_name', 'text', 'short_name', { aliases: ['function_name'], ...sorted }),
    field('environment_name', 'text', 'environment_name', { aliases: ['environment'], ...sorted }),
    field('deployed_by', 'text', 'deployed_by', { aliases: ['created_by'], indexed: true }),
    field('created_at', 'time', 'created_at', { aliases: ['deployed_at', 'updated_at'], ...sorted }),
  ],
};

/** What ListVersions knows of a version. */
export const VERSION_FIELDS: FieldTable = {
  what: 'versions',
  createdTies: ['id'],
  ties: ['id'],
  fields: [
    field('version', 'text', 'version', { aliases: ['task_version'], ...sorted }),
    field('deployed_by', 'text', 'deployed_by', { aliases: ['created_by'], indexed: true }),
    field('created_at', 'time', 'created_at', { aliases: ['deployed_at', 'updated_at'], ...sorted }),
  ],
};

/** What ListTriggers knows of a trigger. */
export const TRIGGER_FIELDS: FieldTable = {
  what: 'triggers',
  createdTies: ['name', 'id'],
  ties: ['id'],
  fields: [
    field('name', 'text', 'name', { aliases: ['trigger_name'], ...sorted }),
    field('task_name', 'text', 'task_name', sorted),
    field('task_version', 'text', 'task_version', sorted),
    field('project', 'text', 'project', sorted),
    field('domain', 'text', 'domain', sorted),
    field('active', 'enum', 'state', { values: states, ...sorted }),
    field('automation_type', 'enum', 'automation_type', { values: automations, ...sorted }),
    field('created_at', 'time', 'created_at', sorted),
    field('deployed_at', 'time', 'deployed_at', sorted),
    field('updated_at', 'time', 'updated_at', sorted),
    field('triggered_at', 'time', 'triggered_at'),
  ],
};

/** What GetTriggerRevisionHistory knows of a revision. */
export const REVISION_FIELDS: FieldTable = {
  what: 'revisions',
  createdTies: ['revision'],
  ties: ['revision'],
  fields: [
    field('revision', 'int', 'revision', sorted),
    field('action', 'text', 'action', { indexed: true }),
    field('created_at', 'time', 'created_at', sorted),
  ],
};

function field(
  name: string,
  type: ListField['type'],
  column: string,
  more: Partial<ListField> = {},
): ListField {
  return { name, type, column, aliases: [], sortable: false, indexed: false, ...more };
}
