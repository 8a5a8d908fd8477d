import { expect, test } from 'vitest';
import { errorNameOf, thingSpace } from '../../../local/gateway/protocols.ts';

const seen = (headers: Record<string, string>, method: string, path: string) => ({
  method,
  path,
  headers,
  body: Buffer.from(''),
});

test.each([
  ['"http://nphase.com/unifiedwebservice/v2/ISessionService/LogIn"', 'LogIn'],
  ['http://nphase.com/unifiedwebservice/v2/IAccountService/GetNewPassword', 'GetNewPassword'],
])('the SOAPAction %s names the operation %s', (soapaction, operation) => {
  expect(thingSpace.operationOf(seen({ soapaction }, 'POST', '/SessionService.svc'))).toBe(operation);
});

test.each([{}, { soapaction: '""' }])('without an action in %j, method and path are the name', (headers) => {
  expect(thingSpace.operationOf(seen(headers, 'GET', '/AccountService.svc?wsdl'))).toBe(
    'GET /AccountService.svc?wsdl',
  );
});

test.each([
  [
    '{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}',
    'ConditionalCheckFailedException',
  ],
  ['{"Message":"x","__type":"ResourceNotFoundException"}', 'ResourceNotFoundException'],
  ['<ErrorResponse><Error><Code>NotFound</Code></Error></ErrorResponse>', 'NotFound'],
  [
    '<faultcode xmlns:a="x">a:UnifiedWebService.REQUEST_FAILED.SessionToken.Expired</faultcode>',
    'a:UnifiedWebService.REQUEST_FAILED.SessionToken.Expired',
  ],
  ['{"errorCode":"INPUT_INVALID.Password.Invalid","errorMessage":"x"}', 'INPUT_INVALID.Password.Invalid'],
  ['{"fault":{"code":"900901"}}', '900901'],
  ['<html>Bad gateway</html>', undefined],
])('the error in %s is %s', (body, name) => {
  expect(errorNameOf(500, body)).toBe(name);
});

test('a success has no error’s name, whatever its body', () => {
  expect(errorNameOf(200, '{"__type":"NotAnError"}')).toBeUndefined();
});
