import { type Operation, type ServiceName, V2_NAMESPACE } from './contract.ts';
import { type Member, type Structure, structuresIn } from './structures.ts';

const XSD = 'xmlns:xs="http://www.w3.org/2001/XMLSchema"';

/** The service's WSDL as WCF publishes it: messages and addresses here, the types behind `?xsd=xsdN`. */
export function wsdlOf(service: ServiceName, address: string, operations: readonly Operation[]): string {
  const messages = operations.map(
    ({ name }) => `
  <wsdl:message name="I${service}_${name}_InputMessage"><wsdl:part name="parameters" element="tns:${name}"/></wsdl:message>
  <wsdl:message name="I${service}_${name}_OutputMessage"><wsdl:part name="parameters" element="tns:${name}Response"/></wsdl:message>`,
  );
  const ports = operations.map(
    ({ name }) => `
    <wsdl:operation name="${name}"><wsdl:input message="tns:I${service}_${name}_InputMessage"/><wsdl:output message="tns:I${service}_${name}_OutputMessage"/></wsdl:operation>`,
  );
  const bindings = operations.map(
    ({ name, soapAction }) => `
    <wsdl:operation name="${name}"><soap:operation soapAction="${soapAction}" style="document"/><wsdl:input><soap:body use="literal"/></wsdl:input><wsdl:output><soap:body use="literal"/></wsdl:output></wsdl:operation>`,
  );
  return `<?xml version="1.0" encoding="utf-8"?>
<wsdl:definitions name="${service}" targetNamespace="${V2_NAMESPACE}" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:tns="${V2_NAMESPACE}" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
  <wsdl:types><xsd:schema targetNamespace="${V2_NAMESPACE}/Imports">
    <xsd:import schemaLocation="${address}?xsd=xsd0" namespace="${V2_NAMESPACE}"/>
    <xsd:import schemaLocation="${address}?xsd=xsd1" namespace="http://schemas.microsoft.com/2003/10/Serialization/"/>
${namespacesOf(operations)
  .map(
    (namespace, index) =>
      `    <xsd:import schemaLocation="${address}?xsd=xsd${index + 2}" namespace="${namespace}"/>`,
  )
  .join('\n')}
  </xsd:schema></wsdl:types>${messages.join('')}
  <wsdl:portType name="I${service}">${ports.join('')}
  </wsdl:portType>
  <wsdl:binding name="BasicHttpBinding_I${service}" type="tns:I${service}"><soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>${bindings.join('')}
  </wsdl:binding>
  <wsdl:service name="${service}"><wsdl:port name="BasicHttpBinding_I${service}" binding="tns:BasicHttpBinding_I${service}"><soap:address location="${address}"/></wsdl:port></wsdl:service>
</wsdl:definitions>`;
}

/** The schema behind `?xsd=<name>`; undefined where the WSDL names none. */
export function xsdOf(name: string, address: string, operations: readonly Operation[]): string | undefined {
  switch (name) {
    case 'xsd0':
      return operationSchema(address, operations);
    case 'xsd1':
      return `<?xml version="1.0" encoding="utf-8"?>
<xs:schema attributeFormDefault="qualified" elementFormDefault="qualified" targetNamespace="http://schemas.microsoft.com/2003/10/Serialization/" ${XSD}>
  <xs:element name="string" nillable="true" type="xs:string"/>
</xs:schema>`;
    default: {
      const namespace = namespacesOf(operations)[Number(/^xsd(\d)$/.exec(name)?.[1] ?? 0) - 2];
      return namespace === undefined ? undefined : memberSchema(namespace, address, operations);
    }
  }
}

/** Returns the namespaces of the members first, then those of the structures within them. */
function namespacesOf(operations: readonly Operation[]): string[] {
  const structures = operations.flatMap(structuresOf).map(({ namespace }) => namespace);
  return [...new Set([...operations.map(({ memberNamespace }) => memberNamespace), ...structures])];
}

const structuresOf = ({ structured }: Operation): Structure[] =>
  structured ? [...structuresIn(structured.input), ...structuresIn(structured.output)] : [];

function operationSchema(address: string, operations: readonly Operation[]): string {
  const elements = operations.map(
    ({ name }) => `
  <xs:element name="${name}"><xs:complexType><xs:sequence><xs:element minOccurs="0" name="Input" nillable="true" type="q:${name}Input"/></xs:sequence></xs:complexType></xs:element>
  <xs:element name="${name}Response"><xs:complexType><xs:sequence><xs:element minOccurs="0" name="Output" nillable="true" type="q:${name}Output"/></xs:sequence></xs:complexType></xs:element>`,
  );
  const types = operations[0]?.memberNamespace;
  return `<?xml version="1.0" encoding="utf-8"?>
<xs:schema elementFormDefault="qualified" targetNamespace="${V2_NAMESPACE}" ${XSD} xmlns:q="${types}">
  <xs:import schemaLocation="${address}?xsd=xsd2" namespace="${types}"/>${elements.join('')}
  <xs:element name="token" nillable="true" type="xs:string"/>
</xs:schema>`;
}

function memberSchema(namespace: string, address: string, operations: readonly Operation[]): string {
  const namespaces = namespacesOf(operations);
  const prefixOf = (of: string) => (of === namespace ? 'tns' : `n${namespaces.indexOf(of)}`);
  const element = ({ name, structure, many }: Member) =>
    `<xs:element minOccurs="0"${many ? ' maxOccurs="unbounded"' : ''} name="${name}" nillable="true" type="${
      structure ? `${prefixOf(structure.namespace)}:${structure.name}` : 'xs:string'
    }"/>`;
  const type = (name: string, members: readonly Member[]) => `
  <xs:complexType name="${name}"><xs:sequence>${members.map(element).join('')}</xs:sequence></xs:complexType>
  <xs:element name="${name}" nillable="true" type="tns:${name}"/>`;
  const flat = operations
    .filter(({ structured, memberNamespace }) => !structured && memberNamespace === namespace)
    .flatMap(({ name, input, output }) => [
      type(
        `${name}Input`,
        input.map((member) => ({ name: member })),
      ),
      type(`${name}Output`, [{ name: output }]),
    ]);
  const structures = new Map(
    operations
      .flatMap(structuresOf)
      .filter((structure) => structure.namespace === namespace)
      .map((structure) => [structure.name, type(structure.name, structure.members)]),
  );
  const others = namespaces.filter((other) => other !== namespace);
  const declared = others.map((other) => ` xmlns:${prefixOf(other)}="${other}"`).join('');
  const imports = others.map(
    (other) =>
      `
  <xs:import schemaLocation="${address}?xsd=xsd${namespaces.indexOf(other) + 2}" namespace="${other}"/>`,
  );
  return `<?xml version="1.0" encoding="utf-8"?>
<xs:schema elementFormDefault="qualified" targetNamespace="${namespace}" ${XSD} xmlns:tns="${namespace}"${declared}>${imports.join('')}${flat.join('')}${[...structures.values()].join('')}
</xs:schema>`;
}
