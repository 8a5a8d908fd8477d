import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  envelope,
  faultCode,
  logIn,
  logInEnvelope,
  logOutEnvelope,
  newPasswordEnvelope,
  PASSWORD,
  read,
  send,
  startWorld,
  token,
  USERNAME,
  V2,
  type World,
} from './raw-soap.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

const MEMBERS = `<ses:Username>${USERNAME}</ses:Username><ses:Password>${PASSWORD}</ses:Password>`;
const good = logInEnvelope();
const changed = (from: string | RegExp, to: string): string => {
  const text = good.replace(from, to);
  if (text === good) throw new Error('the change did not apply');
  return text;
};

describe('a request that WCF would accept is accepted', () => {
  const variants: Record<string, string> = {
    'as published': good,
    'with an XML declaration': `<?xml version="1.0" encoding="utf-8"?>\n${good}`,
    'without a Header': changed('<soapenv:Header></soapenv:Header>', ''),
    'with white space between elements': good.replaceAll('><', '>\n  <'),
    'with other prefixes': good
      .replaceAll('v2:', 'x:')
      .replace('xmlns:v2', 'xmlns:x')
      .replaceAll('ses:', 'y:'),
    'with default namespaces': changed('<v2:LogIn>', `<LogIn xmlns="${V2}">`)
      .replace('</v2:LogIn>', '</LogIn>')
      .replace('<v2:Input>', '<Input>')
      .replace('</v2:Input>', '</Input>'),
    'with a comment and CDATA': changed(`>${PASSWORD}<`, `><!-- c --><![CDATA[${PASSWORD}]]><`),
    'with numeric references': changed(`>${PASSWORD}<`, `>&#x66;${PASSWORD.slice(1)}<`),
    'with an unknown header entry': changed('<soapenv:Header>', '<soapenv:Header><v2:other>1</v2:other>'),
  };
  variants['with other prefixes'] = (variants['with other prefixes'] ?? '').replace('xmlns:ses', 'xmlns:y');

  it.each(Object.entries(variants))('%s', async (_, body) => {
    const { status, text } = await send(world, 'LogIn', body);
    expect(faultCode(text)).toBeUndefined();
    expect(status).toBe(200);
    expect(read(text, 'LogInResponse', 'Output', 'SessionToken')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('a request that differs from the contract is refused as DeserializationFailed', () => {
  const variants: Record<string, string> = {
    'a wrong envelope namespace': changed(
      'schemas.xmlsoap.org/soap/envelope/',
      'www.w3.org/2003/05/soap-envelope',
    ),
    'a wrong operation namespace': changed(`xmlns:v2="${V2}"`, `xmlns:v2="${V2}/"`),
    'a wrong Input namespace': changed('<v2:Input>', '<ses:Input>').replace('</v2:Input>', '</ses:Input>'),
    'a wrong member namespace': changed('<ses:Username>', '<v2:Username>').replace(
      '</ses:Username>',
      '</v2:Username>',
    ),
    'the published misprint of the member namespace': changed(
      'org/2004/07/NPhase.UnifiedWebService.APIs.v2.Contract.SessionService',
      'org/2004/07NPhase.UnifiedWebService.APIs.v2.Contract.SessionService',
    ),
    'another operation than the action names': changed(/v2:LogIn>/g, 'v2:LogOut>'),
    'members in the wrong order': envelope(
      `<v2:LogIn><v2:Input><ses:Password>${PASSWORD}</ses:Password><ses:Username>${USERNAME}</ses:Username></v2:Input></v2:LogIn>`,
    ),
    'a member missing': changed(`<ses:Username>${USERNAME}</ses:Username>`, ''),
    'a member too many': changed(MEMBERS, `${MEMBERS}<ses:Extra>1</ses:Extra>`),
    'a member doubled': changed(MEMBERS, `${MEMBERS}<ses:Password>${PASSWORD}</ses:Password>`),
    'a member misnamed': changed(/ses:Username>/g, 'ses:UserName>'),
    'members outside Input': envelope(`<v2:LogIn><v2:Input/>${MEMBERS}</v2:LogIn>`),
    'no Input': envelope(`<v2:LogIn>${MEMBERS}</v2:LogIn>`),
    'elements inside a member': changed(`>${PASSWORD}<`, `><b>${PASSWORD}</b><`),
    'text beside the members': changed('<v2:Input>', '<v2:Input>x'),
    'an empty Body': envelope(''),
    'two operations': changed(
      '</soapenv:Body>',
      `<v2:LogIn><v2:Input>${MEMBERS}</v2:Input></v2:LogIn></soapenv:Body>`,
    ),
    'Body before Header': changed(/(<soapenv:Header>.*Header>)(<soapenv:Body>.*Body>)/, '$2$1'),
    'a header entry that must be understood': changed(
      '<soapenv:Header>',
      '<soapenv:Header><v2:other soapenv:mustUnderstand="1"/>',
    ),
    'a DOCTYPE': `<!DOCTYPE x [<!ENTITY a "b">]>${good}`,
    'an undeclared prefix': changed('xmlns:ses=', 'xmlns:sess='),
    'an element not closed': changed('</soapenv:Envelope>', ''),
    'an unescaped ampersand': changed(`>${PASSWORD}<`, '>a & b<'),
    'an unknown entity': changed(`>${PASSWORD}<`, '>a&nbsp;b<'),
    'a control character': changed(`>${PASSWORD}<`, '>a&#1;b<'),
    'text after the envelope': `${good}x`,
    'nothing at all': ' ',
  };

  it.each(Object.entries(variants))('%s', async (_, body) => {
    const before = world.platform.truth(USERNAME);
    const { status, text } = await send(world, 'LogIn', body);
    expect(faultCode(text)).toBe('DeserializationFailed');
    expect(status).toBe(500);
    expect(world.platform.truth(USERNAME)).toEqual(before);
  });

  it('bytes that are not UTF-8', async () => {
    const body = Buffer.from(good.replace(PASSWORD, 'p\u00e4ss'), 'latin1');
    expect(faultCode((await send(world, 'LogIn', body)).text)).toBe('DeserializationFailed');
  });

  it('a password element with the name of the sibling operation', async () => {
    const session = await logIn(world);
    const body = newPasswordEnvelope(token(session), PASSWORD, 'CurrentPassword');
    expect(faultCode((await send(world, 'GetNewPassword', body)).text)).toBe('DeserializationFailed');
    expect(world.platform.truth(USERNAME)).toMatchObject({ password: PASSWORD, getNewPasswords: 0 });
  });
});

describe('HTTP around the envelope', () => {
  it.each([
    'text/plain; charset=utf-8',
    'application/soap+xml; charset=utf-8',
    'text/xml; charset=iso-8859-1',
    'text/xml',
  ])('a content type of %s is answered by 415', async (type) => {
    expect((await send(world, 'LogIn', good, { 'Content-Type': type })).status).toBe(415);
  });

  it.each([
    ['not quoted', `${V2}/ISessionService/LogIn`],
    ['empty', '""'],
    ['of another service', `"${V2}/IAccountService/GetNewPassword"`],
    ['of the operation alone', '"LogIn"'],
  ])('a SOAPAction %s is not supported', async (_, action) => {
    const { status, text } = await send(world, 'LogIn', good, { SOAPAction: action });
    expect([status, faultCode(text)]).toEqual([500, 'ActionNotSupported']);
  });

  it('a request above the size that WCF takes is answered by 413', async () => {
    expect((await send(world, 'LogIn', good + ' '.repeat(70_000))).status).toBe(413);
  });

  it('an unknown service is answered by 404', async () => {
    expect((await fetch(`${world.url}/CallbackService.svc`, { method: 'POST', body: good })).status).toBe(
      404,
    );
  });
});

describe('the token', () => {
  it('is required by LogOut and GetNewPassword, in the namespace of the service', async () => {
    const session = await logIn(world);
    for (const header of ['', `<token>${session}</token>`, `<acc:token>${session}</acc:token>`]) {
      const bodies = {
        LogOut: logOutEnvelope(session, header),
        GetNewPassword: newPasswordEnvelope(header),
      } as const;
      for (const operation of ['LogOut', 'GetNewPassword'] as const) {
        const { text } = await send(world, operation, bodies[operation]);
        expect(faultCode(text)).toBe('INPUT_INVALID.SessionToken.Invalid');
      }
    }
    expect(world.platform.truth(USERNAME).getNewPasswords).toBe(0);
  });

  it('may stand in the header once', async () => {
    const session = await logIn(world);
    const body = newPasswordEnvelope(token(session) + token(session));
    expect(faultCode((await send(world, 'GetNewPassword', body)).text)).toBe('DeserializationFailed');
  });

  it('must be the same in header and Input of LogOut', async () => {
    const [one, other] = [await logIn(world), await logIn(world)];
    const { text } = await send(world, 'LogOut', logOutEnvelope(one, token(other)));
    expect(faultCode(text)).toBe('INPUT_INVALID.SessionToken.Invalid');
  });
});

describe('the values of the fields', () => {
  it.each(["a'b", 'a<b', 'a\\b'])('%s holds an invalid character', async (value) => {
    const before = world.platform.truth(USERNAME);
    for (const body of [logInEnvelope(value), logInEnvelope(PASSWORD, value)])
      expect(faultCode((await send(world, 'LogIn', body)).text)).toBe(
        'INPUT_INVALID.Request.InvalidCharacter',
      );
    expect(world.platform.truth(USERNAME)).toEqual(before);
  });

  it('an empty or nil field is an undefined request', async () => {
    const nil = changed(
      `<ses:Password>${PASSWORD}</ses:Password>`,
      '<ses:Password xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>',
    );
    for (const body of [logInEnvelope(''), logInEnvelope(PASSWORD, ''), nil])
      expect(faultCode((await send(world, 'LogIn', body)).text)).toBe('INPUT_INVALID.RequestUndefined');
  });

  it('keep their spaces, so a password with one more is another password', async () => {
    expect(await logIn(world, `${PASSWORD} `)).toBe('refused INPUT_INVALID.Password.Invalid');
    await logIn(world);
  });
});
