import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Refusal } from '../../lambda/access/refusal.ts';
import { readEnvelope, withToken } from '../../lambda/access/soap/envelope.ts';
import { readXml, type XmlElement } from '../../local/thingspace/soap/xml.ts';
import { ACTION, envelopes, SOAP, V2 } from './arbitrary-envelope.ts';

const TOKEN = '0f0e0d0c-0000-4000-8000-000000000001';

const read = (source: string) => readEnvelope(source, ACTION);
const forwarded = (source: string) => withToken(read(source), TOKEN);

/** Reads an envelope by the simulator's reader, which shares no code with the access function. */
function seenByPlatform(source: string) {
  const root = readXml(source);
  const [first, second] = root.children;
  const header = second ? first : undefined;
  return { root, header, body: second ?? (first as XmlElement) };
}

const envelope = (header: string, body: string) =>
  `<s:Envelope xmlns:s="${SOAP}" xmlns:v="${V2}">${header}<s:Body>${body}</s:Body></s:Envelope>`;
const nested = (depth: number, open: (n: number) => string, close: string) =>
  Array.from({ length: depth }, (_, n) => open(n)).join('') + close.repeat(depth);
const Z = 'xmlns:z="http://schemas.microsoft.com/2003/10/Serialization/"';
const XSI = 'http://www.w3.org/2001/XMLSchema-instance';
const plain = envelope('', '<v:GetDeviceList/>');

describe('any request', () => {
  test('keeps every byte of its Body, whatever its spelling', () => {
    fc.assert(
      fc.property(envelopes, ({ source, body }) => {
        expect(forwarded(source)).toContain(body);
      }),
    );
  });

  test('carries one token of the function, and no other block of that name, for another reader', () => {
    fc.assert(
      fc.property(envelopes, ({ source }) => {
        const { header } = seenByPlatform(forwarded(source));
        const tokens = header?.children.filter(({ name }) => name.toLowerCase() === 'token');
        expect(tokens?.map(({ namespace, text }) => [namespace, text])).toEqual([[V2, TOKEN]]);
      }),
    );
  });

  test('names the operation that another reader finds in the sent envelope', () => {
    fc.assert(
      fc.property(envelopes, ({ source }) => {
        const { operation } = read(source);
        const [payload] = seenByPlatform(forwarded(source)).body.children;
        expect([payload?.namespace, payload?.name]).toEqual([V2, operation]);
      }),
    );
  });

  test('keeps the client’s other header blocks and their order', () => {
    fc.assert(
      fc.property(envelopes, ({ source }) => {
        const others = (text: string) =>
          seenByPlatform(text).header?.children.filter(({ name }) => name.toLowerCase() !== 'token') ?? [];
        expect(others(forwarded(source))).toEqual(others(source));
      }),
    );
  });

  test('refuses an envelope that is cut off anywhere', () => {
    fc.assert(
      fc.property(envelopes, fc.nat(), ({ source }, at) => {
        const end = source.trimEnd().length;
        expect(() => read(source.slice(0, at % end))).toThrow(Refusal);
      }),
    );
  });

  test('is refused, or read as another reader reads it, with any bytes inserted', () => {
    const junk = fc.constantFrom(
      '<',
      '>',
      '"',
      '&',
      '<!--',
      '-->',
      ']]>',
      '<token>',
      ' xmlns="urn:x"',
      '</s:Body>',
      '\0',
    );
    fc.assert(
      fc.property(envelopes, fc.nat(), junk, ({ source }, at, bytes) => {
        const where = at % source.length;
        const changed = source.slice(0, where) + bytes + source.slice(where);
        let sent: string;
        try {
          sent = forwarded(changed);
        } catch (failure) {
          expect(failure).toBeInstanceOf(Refusal);
          return;
        }
        const { header, body } = seenByPlatform(sent);
        expect(body.children.map(({ namespace, name }) => [namespace, name])).toEqual([
          [V2, 'GetDeviceList'],
        ]);
        expect(header?.children.filter(({ name }) => name.toLowerCase() === 'token')).toHaveLength(1);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the token', () => {
  test('goes into a new Header when there is none', () => {
    expect(forwarded(plain)).toBe(
      plain.replace('<s:Body>', `<s:Header><token xmlns="${V2}">${TOKEN}</token></s:Header><s:Body>`),
    );
  });

  test('goes into an empty Header in either spelling, whose attributes stay', () => {
    for (const header of ['<s:Header a="1"/>', '<s:Header a="1" />', '<s:Header a="1"></s:Header>']) {
      expect(forwarded(envelope(header, '<v:GetDeviceList/>'))).toContain(
        `<s:Header a="1"><token xmlns="${V2}">${TOKEN}</token></s:Header>`,
      );
    }
  });

  test.each(['<v:token>1</v:token>', '<TOKEN xmlns="urn:x">2</TOKEN>', '<v:token/>'])(
    'removes the one that came with the request: %s',
    (smuggled) => {
      const header = `<s:Header>${smuggled}<k:keep xmlns:k="urn:k"/></s:Header>`;
      expect(forwarded(envelope(header, '<v:GetDeviceList/>'))).toContain(
        `<s:Header><token xmlns="${V2}">${TOKEN}</token><k:keep xmlns:k="urn:k"/></s:Header>`,
      );
    },
  );
});

describe('taken as it is', () => {
  test.each([
    ['a declaration whose encoding is in any letter case', `<?xml version='1.0' encoding="Utf-8"?>${plain}`],
    ['an id of the serializer', envelope('', `<v:GetDeviceList ${Z} z:Id="i1"/>`)],
    [
      'nil that is false',
      envelope('', `<v:GetDeviceList xmlns:i="${XSI}" i:nil="false">1</v:GetDeviceList>`),
    ],
    ...[
      'urn:uuid:0f0e0d0c',
      'http://localhost:8080/x?y=%20#z',
      '//host/x',
      'x/y',
      'http://a_b.example',
      'tag:',
    ].map((name) => [`the namespace ${name}`, envelope('', `<v:GetDeviceList xmlns:a="${name}"/>`)]),
  ])('%s', (_, source) => {
    expect(read(source)).toMatchObject({ operation: 'GetDeviceList' });
  });
});

describe('refused before anything is sent', () => {
  const refused: [what: string, source: string, words: string][] = [
    ['two Bodies', plain.replace('</s:Envelope>', '<s:Body/></s:Envelope>'), 'one Body'],
    ['a Header behind the Body', plain.replace('</s:Envelope>', '<s:Header/></s:Envelope>'), 'one Body'],
    ['two Headers', envelope('<s:Header/><s:Header/>', '<v:GetDeviceList/>'), 'one Body'],
    [
      'two operations in the Body',
      envelope('', '<v:GetDeviceList/><v:GetNewPassword/>'),
      'exactly one element',
    ],
    ['an empty Body', envelope('', ''), 'exactly one element'],
    ['text beside the operation', envelope('', 'x<v:GetDeviceList/>'), 'text stands beside'],
    ['an operation of another namespace', envelope('', '<GetDeviceList xmlns="urn:x"/>'), V2],
    ['an operation without namespace', envelope('', '<GetDeviceList/>'), V2],
    ['SOAP 1.2', plain.replaceAll(SOAP, 'http://www.w3.org/2003/05/soap-envelope'), 'SOAP 1.1'],
    ['a DOCTYPE', `<!DOCTYPE s:Envelope [<!ENTITY x "y">]>${plain}`, 'DOCTYPE'],
    ['an entity of its own', envelope('', '<v:GetDeviceList>&x;</v:GetDeviceList>'), 'entity'],
    ['a processing instruction', envelope('<?x y?>', '<v:GetDeviceList/>'), 'processing instruction'],
    ['another encoding', `<?xml version="1.0" encoding="utf-16"?>${plain}`, 'UTF-8'],
    ['XML 1.1', `<?xml version="1.1"?>${plain}`, 'XML 1.0'],
    ['a declaration in capital letters', `<?XML version="1.0"?>${plain}`, 'processing instruction'],
    ['a declaration of VERSION', `<?xml VERSION="1.0"?>${plain}`, 'processing instruction'],
    [
      'standalone in capital letters',
      `<?xml version="1.0" standalone="YES"?>${plain}`,
      'processing instruction',
    ],
    ...[
      'urn:a b',
      'http://a.example:b/',
      'a:b\u00e9',
      'http://[',
      'urn:%',
      '1:2',
      'urn:a#b#c',
      'http://a:/x',
      'a_b:c',
      'http://a@b/',
    ].map((name): [string, string, string] => [
      `the namespace ${name}`,
      envelope('', `<v:GetDeviceList xmlns:a="${name}"/>`),
      'not a URI',
    ]),
    ['a prefix bound to nothing', plain.replace(`xmlns:v="${V2}"`, 'xmlns:v=""'), 'namespace declaration'],
    [
      'xml as another prefix',
      plain.replace('xmlns:v=', 'xmlns:xml="urn:x" xmlns:v='),
      'namespace declaration',
    ],
    [
      'an attribute that stands twice',
      plain.replace('<v:GetDeviceList/>', '<v:GetDeviceList a="1" a="2"/>'),
      'twice',
    ],
    [
      'an attribute that stands twice by two prefixes',
      plain.replace(
        '<v:GetDeviceList/>',
        '<v:GetDeviceList xmlns:w="urn:x" xmlns:y="urn:x" w:a="1" y:a="2"/>',
      ),
      'twice',
    ],
    ['a prefix that is not declared', envelope('', '<w:GetDeviceList/>'), 'not declared'],
    ['a second root', `${plain}${plain}`, 'second root'],
    ['text behind the root', `${plain}x`, 'outside of the root'],
    ['a comment with --', envelope('<!-- a -- b -->', '<v:GetDeviceList/>'), 'comment'],
    ['a control character', envelope('', '<v:GetDeviceList>\u0001</v:GetDeviceList>'), 'character'],
    ['a reference to one', envelope('', '<v:GetDeviceList>&#1;</v:GetDeviceList>'), 'reference'],
    [
      'more namespaces than a scope holds',
      envelope(
        '',
        `<v:GetDeviceList${Array.from({ length: 64 }, (_, n) => ` xmlns:n${n}="urn:${n}"`).join('')}/>`,
      ),
      'namespaces',
    ],
    [
      'more namespaces than a scope holds, one an element',
      envelope(
        '',
        `<v:GetDeviceList>${nested(40, (n) => `<a xmlns:b${n}="urn:b" xmlns:c${n}="urn:c">`, '</a>')}</v:GetDeviceList>`,
      ),
      'namespaces',
    ],
    [
      'elements without end',
      envelope('', `<v:GetDeviceList>${'<a/>'.repeat(20_000)}</v:GetDeviceList>`),
      '20000 elements',
    ],
    ['white space that is none in XML', envelope('', '<v:GetDeviceList\u00a0a="1"/>'), 'a tag'],
    [
      'white space that is none in XML beside the operation',
      envelope('', '\u00a0<v:GetDeviceList/>'),
      'text stands beside',
    ],
    ['elements nested without end', envelope('', `<v:GetDeviceList>${'<a>'.repeat(100)}`), 'nested'],
  ];
  test.each(refused)('%s', (_, source, words) => {
    expect(() => forwarded(source)).toThrow(expect.objectContaining({ code: 'RequestRefused' }));
    expect(() => forwarded(source)).toThrow(words);
  });

  test.each([
    'http://www.w3.org/2005/08/addressing',
    'http://schemas.xmlsoap.org/ws/2004/08/addressing',
    'http://schemas.microsoft.com/ws/2005/05/addressing/none',
  ])('any header of WS-Addressing: %s', (namespace) => {
    for (const block of [
      `<a:Action>${ACTION}</a:Action>`,
      '<a:To>http://elsewhere/</a:To>',
      '<a:ReplyTo/>',
    ]) {
      const header = `<s:Header xmlns:a="${namespace}">${block}</s:Header>`;
      expect(() => read(envelope(header, '<v:GetDeviceList/>'))).toThrow(
        expect.objectContaining({
          code: 'RequestRefused',
          message: expect.stringContaining('WS-Addressing'),
        }),
      );
    }
  });

  test('quotes no part of the request in a refusal', () => {
    for (const [, source] of refused) {
      const marked = source.replaceAll('GetDeviceList', 'Marker4711');
      expect(() => forwarded(marked)).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining('Marker') }),
      );
    }
  });
});

describe('a contradiction is an attempt', () => {
  const addressing = 'xmlns:a="http://www.w3.org/2005/08/addressing"';
  test.each([
    ['an action of WS-Addressing', `<a:Action ${addressing}>${V2}/IAccountService/GetNewPassword</a:Action>`],
    ['an action of no namespace', '<Action>GetNewPassword</Action>'],
    ['an action with a no-break space', `<Action>${ACTION}\u00a0</Action>`],
    ['two tokens', '<v:token>1</v:token><v:token>1</v:token>'],
    ['a token beside one of another namespace', '<v:token>1</v:token><TOKEN xmlns="urn:x"/>'],
  ])('%s', (_, blocks) => {
    expect(() => read(envelope(`<s:Header>${blocks}</s:Header>`, '<v:GetDeviceList/>'))).toThrow(
      expect.objectContaining({ code: 'AccessDenied', rule: 'contradiction' }),
    );
  });
});

describe('content that .NET’s serializer passes over is an attempt', () => {
  const marked = (value: string, content: string) =>
    envelope('', `<v:Change><a xmlns:i="${XSI}" i:nil="${value}">${content}</a></v:Change>`);
  const attempt = expect.objectContaining({ code: 'AccessDenied', rule: 'contradiction' });

  test.each(['true', '1', ' true ', '\ntrue', '&#10;1'])('in an element marked nil by %j', (value) => {
    for (const content of ['1', '<b/>', '<![CDATA[1]]>'])
      expect(() => read(marked(value, content))).toThrow(attempt);
    for (const content of ['', ' \n', '<!-- 1 -->'])
      expect(read(marked(value, content)).operation).toBe('Change');
  });

  test('in an element that stands for another one', () => {
    const [target, reference] = [`<a ${Z} z:Id="i1">1</a>`, `<b ${Z} z:Ref="i1">2</b>`];
    expect(() => read(envelope('', `<v:Change>${target}${reference}</v:Change>`))).toThrow(attempt);
    expect(() => read(envelope('', `<v:Change><b ${Z} z:Ref="i1"/></v:Change>`))).toThrow(attempt);
  });
});
