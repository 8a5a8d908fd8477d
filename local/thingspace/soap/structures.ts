import type { XmlElement } from './xml.ts';
import { escapeXml } from './xml.ts';

/** A data contract: members in the order that the serializer wants; each may be missing or nil. */
export type Structure = {
  name: string;
  namespace: string;
  members: readonly Member[];
};

/** Without a structure it is a text. */
export type Member = { name: string; structure?: Structure; many?: true };

export type Value = string | Values | Value[];
export type Values = { [member: string]: Value };

const NIL = '{http://www.w3.org/2001/XMLSchema-instance}nil';

/** The structure and all within it, each once. */
export function structuresIn(structure: Structure): Structure[] {
  const inner = structure.members.flatMap((member) =>
    member.structure ? structuresIn(member.structure) : [],
  );
  return [...new Set([...inner, structure])];
}

/**
 * The content of an element; undefined where names, namespaces or order are not those of the structure.
 * As WCF: what is missing or nil is left out.
 */
export function readStructure(element: XmlElement, structure: Structure): Values | undefined {
  if (element.text.trim() !== '') return undefined;
  const values: Values = {};
  let next = 0;
  for (const child of element.children) {
    const found = structure.members.findIndex(
      ({ name }, index) => index >= next && child.name === name && child.namespace === structure.namespace,
    );
    const member = structure.members[found];
    if (!member) return undefined;
    next = member.many ? found : found + 1;
    if (child.attributes.get(NIL) === 'true') continue;
    const value = member.structure ? readStructure(child, member.structure) : textOf(child);
    if (value === undefined) return undefined;
    values[member.name] = member.many ? [...((values[member.name] as Value[]) ?? []), value] : value;
  }
  return values;
}

const textOf = ({ children, text }: XmlElement) => (children.length > 0 ? undefined : text);

/** The content of an element, with a default namespace on each member of another one than its parent's. */
export function writeStructure(values: Values, structure: Structure): string {
  return structure.members
    .flatMap(({ name, structure: inner, many }) => {
      const value = values[name];
      if (value === undefined) return [];
      const written = (many ? (value as Value[]) : [value]).map((one) =>
        inner ? writeStructure(one as Values, inner) : escapeXml(one as string),
      );
      return written.map((content) => `<${name} xmlns="${structure.namespace}">${content}</${name}>`);
    })
    .join('');
}
