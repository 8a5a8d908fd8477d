import { afterEach, describe, expect, it } from 'vitest';
import { contract } from '../../cli/contract.ts';

import { fetchDocument } from '../../cli/fetch-document.ts';
import { startThingSpace, type ThingSpace } from '../../local/thingspace/start.ts';
import { fakeTerminal } from './desk.ts';

let thingSpace: ThingSpace | undefined;
afterEach(() => thingSpace?.close());

async function read(element: string, passwordElement?: string) {
  const clock = { nowMs: () => 0 };
  thingSpace = await startThingSpace({ clock, seed: 1, users: [], passwordElement: element });
  const terminal = fakeTerminal();
  await contract({ terminal }, fetchDocument, { baseUrl: thingSpace.url, passwordElement });
  return terminal.said.join('\n');
}

describe('The command contract', () => {
  it('names the element that the live service expects for the current password', async () => {
    expect(await read('CurrentPassword')).toContain('set THINGSPACE_PASSWORD_ELEMENT=CurrentPassword');
  });

  it('ends well when the setting is right', async () => {
    expect(await read('CurrentPassword', 'CurrentPassword')).toContain('The setting agrees.');
  });

  it('fails when the setting and the contract disagree', async () => {
    await expect(read('CurrentPassword', 'OldPassword')).rejects.toThrow(
      'The setting is OldPassword, the service wants CurrentPassword',
    );
  });

  it('asks nothing at an address of REST, and says that it concerns SOAP only', async () => {
    const baseUrl = 'https://thingspace.verizon.com/api/m2m/v1';
    const fetch = async () => expect.unreachable();
    await expect(contract({ terminal: fakeTerminal() }, fetch, { baseUrl })).rejects.toThrow(
      /concerns SOAP only.*`doctor`/,
    );
  });

  it('asks the service alone, whatever host the contract names, and follows its imports', async () => {
    const asked: string[] = [];
    const schema = `<xs:schema xmlns:xs="x"><xs:element name="GetNewPassword"><xs:complexType><xs:sequence>
      <xs:element name="Input"><xs:complexType><xs:sequence><xs:element name="Channel"/>
      <xs:element name="OldPassword"/></xs:sequence></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element></xs:schema>`;
    const pages: Record<string, string> = {
      '?wsdl': '<d><import location="http://internal.example/AccountService.svc?wsdl=wsdl0"/></d>',
      '?wsdl=wsdl0': '<d><import schemaLocation="http://internal.example/AccountService.svc?xsd=xsd0"/></d>',
      '?xsd=xsd0': schema,
    };
    const terminal = fakeTerminal();
    await contract(
      { terminal },
      async (url) => {
        asked.push(url);
        return pages[new URL(url).search] ?? '';
      },
      { baseUrl: 'https://service.example/api/v2' },
    );
    expect(asked).toEqual(
      Object.keys(pages).map((query) => `https://service.example/api/v2/AccountService.svc${query}`),
    );
    expect(terminal.said.join('\n')).toContain('takes: Channel, OldPassword');
    expect(terminal.said.join('\n')).toContain('goes into the element OldPassword');
  });

  it.each([
    ['a page that is no XML', '<html><br></html>'],
    ['a document type', '<!DOCTYPE d [<!ENTITY e "x">]><d>&e;</d>'],
    ['a contract without the operation', '<d/>'],
  ])('refuses %s', async (_what, page) => {
    const terminal = fakeTerminal();
    const read = contract({ terminal }, async () => page, { baseUrl: 'https://service.example/api' });
    await expect(read).rejects.toMatchObject({ name: 'ContractError' });
  });
});
