import { describe, expect, test } from 'vitest';
import { UnsendableValueError } from '../../../lambda/thingspace/call-errors.ts';
import {
  checkPasswordElement,
  getNewPasswordRequest,
  logInRequest,
  logOutRequest,
  PasswordElementError,
} from '../../../lambda/thingspace/soap/requests.ts';

const open = (service: string) =>
  '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" ' +
  'xmlns:v2="http://nphase.com/unifiedwebservice/v2" ' +
  `xmlns:con="http://schemas.datacontract.org/2004/07/NPhase.UnifiedWebService.APIs.v2.Contract.${service}">`;

describe('SOAP requests', () => {
  test('LogIn has username, then password, and no token', () => {
    expect(logInRequest('zbeeblebrox', 'IMgr8')).toEqual({
      path: '/SessionService.svc',
      soapAction: '"http://nphase.com/unifiedwebservice/v2/ISessionService/LogIn"',
      envelope:
        open('SessionService') +
        '<soapenv:Header/><soapenv:Body><v2:LogIn><v2:Input>' +
        '<con:Username>zbeeblebrox</con:Username><con:Password>IMgr8</con:Password>' +
        '</v2:Input></v2:LogIn></soapenv:Body></soapenv:Envelope>',
    });
  });

  test('LogOut carries the token in the header and in the body', () => {
    expect(logOutRequest('0f0e0d0c')).toEqual({
      path: '/SessionService.svc',
      soapAction: '"http://nphase.com/unifiedwebservice/v2/ISessionService/LogOut"',
      envelope:
        open('SessionService') +
        '<soapenv:Header><v2:token>0f0e0d0c</v2:token></soapenv:Header>' +
        '<soapenv:Body><v2:LogOut><v2:Input><con:SessionToken>0f0e0d0c</con:SessionToken>' +
        '</v2:Input></v2:LogOut></soapenv:Body></soapenv:Envelope>',
    });
  });

  test('GetNewPassword goes to AccountService with the configured element', () => {
    expect(getNewPasswordRequest('0f0e0d0c', 'IMgr8', 'CurrentPassword')).toEqual({
      path: '/AccountService.svc',
      soapAction: '"http://nphase.com/unifiedwebservice/v2/IAccountService/GetNewPassword"',
      envelope:
        open('AccountService') +
        '<soapenv:Header><v2:token>0f0e0d0c</v2:token></soapenv:Header>' +
        '<soapenv:Body><v2:GetNewPassword><v2:Input><con:CurrentPassword>IMgr8</con:CurrentPassword>' +
        '</v2:Input></v2:GetNewPassword></soapenv:Body></soapenv:Envelope>',
    });
  });

  test('escapes every character that XML or a reader of it could change', () => {
    const { envelope } = logInRequest('a&b', ` <>&"'\t\r\n&lt;]]>😀 `);
    expect(envelope).toContain('<con:Username>a&amp;b</con:Username>');
    expect(envelope).toContain(
      '<con:Password> &lt;&gt;&amp;&quot;&apos;&#9;&#13;&#10;&amp;lt;]]&gt;😀 </con:Password>',
    );
  });

  test.each(['\0', '\x01', '\x1f', '\uFFFE', '\uD83D', 'a\uDE00b'])(
    'a value with %j cannot be sent as XML',
    (value) => {
      expect(() => logInRequest('user', value)).toThrow(UnsendableValueError);
      expect(() => logInRequest(value, 'password')).toThrow(UnsendableValueError);
      expect(() => getNewPasswordRequest(value, 'password', 'OldPassword')).toThrow(UnsendableValueError);
    },
  );

  test.each(['OldPassword', 'CurrentPassword', '_x', 'Kennwort-1.ä'])('%j can be an element', (element) => {
    expect(checkPasswordElement(element)).toBe(element);
  });

  test.each(['', '1x', '-x', 'a:b', 'a b', 'a>', 'a\n', 'x/><y', '×'])(
    '%j cannot be an element',
    (element) => {
      expect(() => checkPasswordElement(element)).toThrow(PasswordElementError);
    },
  );
});
