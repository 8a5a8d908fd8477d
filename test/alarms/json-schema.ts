import type { Message } from '../../lambda/alarms/message.ts';

type Json = { [key: string]: unknown };
// valibot's own generic types say less here than the runtime members that are read.
type Node = {
  type: string;
  expects?: string | null;
  entries?: Record<string, Node>;
  options?: readonly unknown[];
  literal?: string;
  wrapped?: Node;
  pipe?: readonly (Node & { description?: string })[];
};

/**
 * The machine message as JSON Schema. Objects stay open, although the code writes exactly these members:
 * a reader of version 1 must accept what a later release adds.
 */
export function jsonSchemaOf(message: typeof Message): Json {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'ThingSpace rotation alarm, version 1',
    description: 'What SNS delivers to machines. Within a version members are only added.',
    oneOf: message.options.map((option) => convert(option as unknown as Node)),
  };
}

function convert(node: Node): Json {
  const converted = convertType(node.pipe?.[0] ?? node);
  for (const { type, description } of node.pipe?.slice(1) ?? []) {
    if (type === 'description') converted.description = description;
    else if (type === 'iso_timestamp') converted.format = 'date-time';
    else if (type === 'integer') converted.type = 'integer';
    else throw new Error(`No JSON Schema is known for the action ${type}.`);
  }
  return converted;
}

function convertType(node: Node): Json {
  switch (node.type) {
    case 'string':
    case 'number':
    case 'boolean':
      return { type: node.type };
    case 'literal':
      return { const: node.literal };
    case 'picklist':
      return { enum: node.options };
    case 'optional':
      return convert(node.wrapped as Node);
    case 'strict_object': {
      const entries = Object.entries(node.entries ?? {});
      return {
        type: 'object',
        properties: Object.fromEntries(entries.map(([name, member]) => [name, convert(member)])),
        required: entries.filter(([, member]) => member.type !== 'optional').map(([name]) => name),
      };
    }
    default:
      throw new Error(`No JSON Schema is known for the type ${node.type}.`);
  }
}

/** JSON as Biome formats it: an array of scalars stays on one line where that fits. */
export function formatted(schema: Json): string {
  const lineWidth = 110;
  return `${JSON.stringify(schema, null, 2).replace(
    /^( *(?:"[^"]*": )?)\[\n([^[\]{}]*?)\n *\](,?)/gm,
    (whole, lead: string, items: string, comma: string) => {
      const line = `${lead}[${items.trim().replace(/\n */g, ' ')}]${comma}`;
      return line.length <= lineWidth ? line : whole;
    },
  )}\n`;
}
