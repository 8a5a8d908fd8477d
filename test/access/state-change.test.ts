import { describe, expect, test } from 'vitest';
import { readEnvelope } from '../../lambda/access/soap/envelope.ts';
import { kindIn } from '../../lambda/access/soap/kind.ts';
import { envelopeOf } from './access-world.ts';
import { V2 } from './arbitrary-envelope.ts';

const XSI = 'http://www.w3.org/2001/XMLSchema-instance';
const payloadOf = (members: string) => {
  const body = `<v:ChangeDeviceState xmlns:c="urn:c" xmlns:i="${XSI}"><v:Input>${members}</v:Input></v:ChangeDeviceState>`;
  return readEnvelope(envelopeOf(body), `${V2}/ICarrierService/ChangeDeviceState`).payload;
};

describe('the kind of a state change', () => {
  test.each([
    ['<c:Deactivate><c:ReasonCode>FF</c:ReasonCode></c:Deactivate>', 'Deactivate'],
    ['<c:DeactivateDeviceRequest/>', 'Deactivate'],
    [
      '<c:AccountName>0342</c:AccountName><c:Activate><c:ServicePlan>5MB</c:ServicePlan></c:Activate>',
      'Activate',
    ],
    ['<c:Suspend/>', 'Suspend'],
    ['<c:Restore/>', 'Restore'],
    ['<c:Reconnect/>', 'Reconnect'],
    ['<Deactivate xmlns="urn:elsewhere"/>', 'Deactivate'],
    ['<c:deactivate/>', 'Deactivate'],
    ['<c:Wrapped><c:Deactivate/></c:Wrapped>', 'Deactivate'],
    ['<c:Activate i:nil="true"/><c:Deactivate/>', 'Deactivate'],
    ['<c:Terminate/>', ''],
    ['', ''],
  ])('is read from %s as %j', (members, kind) => {
    expect(kindIn(payloadOf(members))).toBe(kind);
  });

  test.each([
    '<c:Suspend/><c:Deactivate/>',
    '<c:Deactivate/><c:Deactivate/>',
    '<c:Suspend><c:Deactivate/></c:Suspend>',
  ])('is refused when there are several: %s', (members) => {
    expect(() => kindIn(payloadOf(members))).toThrow('2 changes of state');
  });
});
