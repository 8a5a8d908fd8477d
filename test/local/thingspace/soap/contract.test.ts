import { XMLValidator } from 'fast-xml-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, V2, type World } from './raw-soap.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ passwordElement: 'CurrentPassword' });
});
afterAll(() => world.close());

const get = async (address: string) => (await fetch(address)).text();

describe('the published contract', () => {
  it('names the member for the current password in the schemas of the WSDL', async () => {
    const wsdl = await get(`${world.url}/AccountService.svc?wsdl`);
    expect(wsdl).toContain(`soapAction="${V2}/IAccountService/GetNewPassword"`);
    const locations = [...wsdl.matchAll(/schemaLocation="([^"]+)"/g)].map(([, location]) => location ?? '');
    expect(locations).toHaveLength(3);
    const schemas = await Promise.all(locations.map(get));
    for (const document of [wsdl, ...schemas]) expect(XMLValidator.validate(document)).toBe(true);
    expect(schemas.join('')).toMatch(
      /name="GetNewPasswordInput"><xs:sequence><xs:element minOccurs="0" name="CurrentPassword"/,
    );
    expect(schemas.join('')).not.toContain('OldPassword');
  });

  it('lists the members of LogIn in their order', async () => {
    const schema = await get(`${world.url}/SessionService.svc?xsd=xsd2`);
    expect(schema).toMatch(/name="LogInInput">.*name="Username".*name="Password".*<\/xs:sequence>/);
  });

  it('has no schema but those that the WSDL names', async () => {
    expect((await fetch(`${world.url}/AccountService.svc?xsd=xsd9`)).status).toBe(404);
  });
});
