import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AnswerFormatError } from '../../../lambda/thingspace/answer-format.ts';
import { readNewPassword } from '../../../lambda/thingspace/read-new-password.ts';
import { readLogOut, readSessionToken } from '../../../lambda/thingspace/soap/answers.ts';
import { VISIBLE } from '../../../lambda/visible.ts';
import { answer, fault, newPasswordAnswer } from '../envelopes.ts';

const read = (xml: string) => readNewPassword({ body: Buffer.from(xml) });
const done = (value: string) => ({ outcome: 'done', value });
/** As `done`, except for white space alone, which is not a password. */
const doneUnlessBlank = (value: string) =>
  VISIBLE.test(value) ? done(value) : { outcome: 'unknown', cause: new AnswerFormatError('white-space') };

/** The named reason for which no password was read. */
function reasonOf(body: string | Buffer): string {
  const reading = readNewPassword({ body: Buffer.from(body) });
  if (reading.outcome !== 'unknown') return reading.outcome;
  expect(reading.cause).toBeInstanceOf(AnswerFormatError);
  return (reading.cause as AnswerFormatError).reason;
}

describe('the new password comes out exactly as it was sent', () => {
  test.each([
    ['0042', '0042'],
    ['12345678901234567890', '12345678901234567890'],
    ['1e10', '1e10'],
    ['0x1F', '0x1F'],
    ['true', 'true'],
    ['null', 'null'],
    ['  two spaces, a tab\t', '  two spaces, a tab\t'],
    ['\n      7', '\n      7'],
    ['&amp;&lt;&gt;&quot;&apos;', `&<>"'`],
    ['&#36;&#x24;&#0036;&#x0024;', '$$$$'],
    ['&#128512;&#x1F600;😀&#xD83D;&#xDE00;', '😀😀😀😀'],
    ['&amp;lt;', '&lt;'],
    ['&#38;lt;', '&lt;'],
    ['&#x26;#x41;', '&#x41;'],
    ['<![CDATA[<a>&amp;</a>]]>', '<a>&amp;</a>'],
    ['a<![CDATA[b]]>c<!-- not this -->d<?nor this?>e<![CDATA[]]>', 'abcde'],
    ['<![CDATA[<!DOCTYPE html>]]>', '<!DOCTYPE html>'],
    ['a]]b>c', 'a]]b>c'],
    ['a\r\nb\rc&#13;', 'a\nb\nc\r'],
    ['&#x1;&#31;', '\x01\x1f'],
    ['__proto__', '__proto__'],
  ])('%j is %j', (written, password) => {
    expect(read(newPasswordAnswer(written))).toEqual(done(password));
  });

  test('whatever the prefixes, the namespaces and the surrounding text', () => {
    expect(
      read(
        '\uFEFF<?xml version="1.0" encoding="utf-8"?>\n<!-- a --><SOAP-ENV:Envelope xmlns:SOAP-ENV="x">\n' +
          '<SOAP-ENV:Header><h:NewPassword>no</h:NewPassword></SOAP-ENV:Header>\n' +
          `<SOAP-ENV:Body id='1>2'>\n <q:GetNewPasswordResponse>\n <q:Output>\n <z:Other/><z:NewPassword i:nil="false" >pw 1</z:NewPassword >\n` +
          '</q:Output></q:GetNewPasswordResponse></SOAP-ENV:Body></SOAP-ENV:Envelope>\n<!-- z -->\n',
      ),
    ).toEqual(done('pw 1'));
  });

  const xmlChar = fc.oneof(
    fc.constantFrom(...`&<>"';#x[]! -\t\n\r$0\\`),
    fc.integer({ min: 0x20, max: 0xd7ff }).map((code) => String.fromCodePoint(code)),
    fc.integer({ min: 0xe000, max: 0xfffd }).map((code) => String.fromCodePoint(code)),
    fc.integer({ min: 0x10000, max: 0x10ffff }).map((code) => String.fromCodePoint(code)),
  );
  const named: Record<string, string> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };
  const written = fc
    .tuple(xmlChar, fc.constantFrom('literal', 'named', 'decimal', 'hex', 'cdata', 'comment'))
    .map(([char, way]) => {
      const code = char.codePointAt(0) ?? 0;
      const name = named[char];
      if (way === 'hex') return { char, xml: `&#x00${code.toString(16)};` };
      if (way === 'decimal' || char === '\r') return { char, xml: `&#${code};` };
      if (way === 'cdata') return { char, xml: `<![CDATA[${char}]]>` };
      const literal = name === undefined ? char : `&${name};`;
      return { char, xml: way === 'comment' ? `<!--${char === '-' ? '' : char}x-->${literal}` : literal };
    });

  test('property: any XML string in any mix of spellings', () => {
    fc.assert(
      fc.property(fc.array(written, { minLength: 1, maxLength: 40 }), (parts) => {
        const xml = newPasswordAnswer(parts.map((part) => part.xml).join(''));
        expect(read(xml)).toEqual(doneUnlessBlank(parts.map((part) => part.char).join('')));
      }),
      { numRuns: 2_000 },
    );
  });

  test('property: cut at any byte, it is the password or no password', () => {
    fc.assert(
      fc.property(fc.array(written, { minLength: 1, maxLength: 8 }), (parts) => {
        const password = parts.map((part) => part.char).join('');
        const whole = Buffer.from(newPasswordAnswer(parts.map((part) => part.xml).join('')));
        const closedAt = whole.lastIndexOf('</a:NewPassword>') + '</a:NewPassword>'.length;
        for (let length = 0; length <= whole.length; length++) {
          const reading = readNewPassword({ body: whole.subarray(0, length) });
          if (length >= closedAt) expect(reading).toEqual(doneUnlessBlank(password));
          else expect(reading).toMatchObject({ outcome: 'unknown', cause: { reason: 'broke-off' } });
        }
      }),
      { numRuns: 40 },
    );
  });

  test('a character cut in two after the closing tag does no harm', () => {
    const xml = Buffer.from(`${newPasswordAnswer('pw1')}<!-- 😀`);
    expect(readNewPassword({ body: xml.subarray(0, -1) })).toEqual(done('pw1'));
  });
});

describe('an answer without exactly one new password has a named reason', () => {
  const output = (content: string) => answer('GetNewPassword', content);
  test.each<[string, string | Buffer]>([
    ['nil', output('<a:NewPassword i:nil="true"/>')],
    ['nil', output('<a:NewPassword i:nil=" 1 ">x</a:NewPassword>')],
    ['empty', output('<a:NewPassword/>')],
    ['empty', output('<a:NewPassword><!-- x --></a:NewPassword>')],
    ['white-space', newPasswordAnswer('\n      ')],
    ['white-space', newPasswordAnswer('   ')],
    ['white-space', newPasswordAnswer('\u200b')],
    ['white-space', newPasswordAnswer('&#x85;&#x180E; \u2800')],
    ['white-space', newPasswordAnswer('&#32;<![CDATA[\t]]>&#xA0;')],
    ['missing', output('')],
    ['missing', output('<a:Password>x</a:Password>')],
    ['missing', output('<b><a:NewPassword>x</a:NewPassword></b>')],
    ['missing', '<Envelope><Body/></Envelope>'],
    ['missing', '<Envelope><Body><GetNewPasswordResponse/></Body></Envelope>'],
    ['several', output('<a:NewPassword>x</a:NewPassword><a:NewPassword>x</a:NewPassword>')],
    ['several', output('<a:NewPassword>x</a:NewPassword></Output><Output><a:NewPassword>y</a:NewPassword>')],
    ['several', output('<a:NewPassword>x</a:NewPassword><b><a:NewPassword>y</a:NewPassword></b>')],
    ['several', twice(newPasswordAnswer('x'))],
    ['not-text', output('<a:NewPassword>x<b>y</b></a:NewPassword>')],
    ['not-text', output('<a:NewPassword>x&#xD83D;</a:NewPassword>')],
    ['other-content', answer('GetNewInactivePassword', '<a:NewPassword>x</a:NewPassword>')],
    ['other-content', answer('LogIn', '<a:SessionToken>x</a:SessionToken>')],
    ['html', '<!DOCTYPE html><html><body>Bad Gateway</body></html>'],
    ['html', '<html><body>Bad Gateway<hr></body></html>'],
    ['html', '<HTML><HEAD></HEAD></HTML>'],
    ['doctype', `<!DOCTYPE x [<!ENTITY e "pw">]>${newPasswordAnswer('&e;')}`],
    ['doctype', `<?xml version="1.0"?>\n<!DOCTYPE x SYSTEM "file:///etc/passwd">${newPasswordAnswer('x')}`],
    ['too-large', newPasswordAnswer('x') + ' '.repeat(1024 * 1024)],
    ['not-utf-8', Buffer.from(newPasswordAnswer('pä'), 'latin1')],
    ['not-utf-8', `<?xml version="1.0" encoding="ISO-8859-1"?>${newPasswordAnswer('pä')}`],
    ['not-utf-8', Buffer.from(`\uFEFF${newPasswordAnswer('x')}`, 'utf16le')],
    ['not-soap', '<GetNewPasswordResponse/>'],
    ['not-soap', '<Envelope/>'],
    ['not-soap', '<Envelope><Header/></Envelope>'],
    ['malformed', '{"newPassword":"x"}'],
    ['malformed', newPasswordAnswer('a&b')],
    ['malformed', newPasswordAnswer('&nbsp;')],
    ['malformed', newPasswordAnswer('&constructor;')],
    ['malformed', newPasswordAnswer('&amp')],
    ['malformed', newPasswordAnswer('&#x110000;')],
    ['malformed', newPasswordAnswer('&#X41;')],
    ['malformed', newPasswordAnswer('a<b')],
    ['malformed', newPasswordAnswer('x').replace('</a:NewPassword>', '</b:NewPassword>')],
    ['malformed', newPasswordAnswer('x').replace('</Output>', '</Body>')],
    ['malformed', `${newPasswordAnswer('x')}${newPasswordAnswer('y')}`],
    ['malformed', `${newPasswordAnswer('x')}trailing`],
    ['malformed', `${newPasswordAnswer('x')}</s:Envelope>`],
    ['malformed', `text${newPasswordAnswer('x')}`],
    ['malformed', '<a>'.repeat(200)],
    ['broke-off', ''],
    ['broke-off', ' \n'],
    ['broke-off', '<!DOC'],
  ])('%s (case %#)', (reason, body) => {
    expect(reasonOf(body)).toBe(reason);
  });

  test('property: no bytes make it throw or quote them', () => {
    const wild = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .array(
          fc.constantFrom(
            '<',
            '>',
            '/',
            '&',
            '"',
            '<![CDATA[',
            ']]>',
            '<!--',
            '<?',
            'Body',
            ' a="',
            '<Envelope>',
            '<a:NewPassword>',
            'mark',
          ),
          { maxLength: 40 },
        )
        .map((words) => Buffer.from(words.join(''))),
    );
    fc.assert(
      fc.property(wild, (bytes) => {
        const reading = readNewPassword({ body: Buffer.from(bytes) });
        expect(reading.outcome).toBe('unknown');
        if (reading.outcome !== 'unknown') return;
        expect(reading.cause).toBeInstanceOf(AnswerFormatError);
        expect(reading.cause.message).toMatch(/^The answer [A-Za-z0-9 ():,-]+$/);
        expect(reading.cause.message).not.toContain('mark');
        expect(reading.cause.cause).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  test('a megabyte of any text is read in one pass', () => {
    const size = 1024 * 1024 - 1;
    for (const unit of ['<a ', '<a b="', '&', ' ', '<', '"', '<a>', '<!--', '<a/>']) {
      expect(reasonOf(unit.repeat(Math.floor(size / unit.length)))).toMatch(/malformed|broke-off/);
    }
    const spaces = `<a${' '.repeat(size - 4)}`;
    expect([reasonOf(`${spaces}/b>`), reasonOf(spaces)]).toEqual(['malformed', 'broke-off']);
  });
});

describe('only UTF-8 is read, without a guess', () => {
  const ascii = newPasswordAnswer('pw1');
  const wide = newPasswordAnswer('pä');
  const declaring = (charset: string) => `<?xml version="1.0" encoding="${charset}"?>`;
  const text = (charset: string) => ({ contentType: `text/xml; charset=${charset}` });

  test.each<[string, string, { contentType?: string; contentEncoding?: string }]>([
    ['no charset', wide, { contentType: 'text/xml' }],
    ['UTF-8', wide, text('utf-8')],
    ['UTF-8 in quotes and capitals', wide, { contentType: 'text/xml;action="x";Charset="UTF-8"' }],
    ['UTF-8 in header and declaration', declaring('utf-8') + wide, text('UTF8')],
    ['identity', wide, { contentEncoding: ' Identity ' }],
    ['US-ASCII', ascii, text('us-ascii')],
    ['ASCII bytes as Latin 1', declaring('ISO-8859-15') + ascii, text('iso-8859-1')],
    ['ASCII bytes as Windows-1252', ascii, text('windows-1252')],
  ])('%s is read', (_, xml, headers) => {
    const reading = readNewPassword({ body: Buffer.from(xml), ...headers });
    expect(reading).toEqual(done(xml.includes('pä') ? 'pä' : 'pw1'));
  });

  test.each<[string, string, { contentType?: string; contentEncoding?: string }]>([
    ['not-utf-8', wide, text('iso-8859-1')],
    ['not-utf-8', wide, text('us-ascii')],
    ['not-utf-8', ascii, text('utf-16')],
    // In UTF-7 the ASCII bytes '+AGE-' are the letter a.
    ['not-utf-8', newPasswordAnswer('+AGE-'), text('utf-7')],
    ['not-utf-8', declaring('utf-7') + ascii, text('utf-8')],
    ['not-utf-8', ascii, text('')],
    ['not-utf-8', wide, { contentType: 'text/xml; charset=utf-8, text/xml; charset=iso-8859-1' }],
    // The end of a header longer than 256 characters is not known.
    ['not-utf-8', ascii, { contentType: `text/xml; ${'x'.repeat(246)}` }],
    ['encoded', ascii, { contentEncoding: 'gzip' }],
    ['encoded', ascii, { contentEncoding: 'identity, br' }],
    ['encoded', ascii, { contentEncoding: 'Marker$7' }],
  ])('%s (case %#) is unknown', (reason, xml, headers) => {
    const reading = readNewPassword({ body: Buffer.from(xml), ...headers });
    expect(reading).toMatchObject({ outcome: 'unknown', cause: { name: 'AnswerFormatError', reason } });
    expect(JSON.stringify(reading)).not.toContain('Marker');
  });

  test('an answer to LogIn follows the same rule', () => {
    const body = Buffer.from(answer('LogIn', '<a:SessionToken>token</a:SessionToken>'));
    expect(readSessionToken({ body, ...text('utf-8') }, [])).toEqual(done('token'));
    for (const other of [text('utf-16'), { contentEncoding: 'gzip' }]) {
      expect(readSessionToken({ body, ...other }, [])).toMatchObject({ outcome: 'unknown' });
    }
  });
});

describe('reads no password across a gap', () => {
  const whole = newPasswordAnswer('pw1');
  const closedAt = whole.indexOf('</a:NewPassword>') + '</a:NewPassword>'.length;
  const withGap = (xml: string, gapAt: number) => readNewPassword({ body: Buffer.from(xml), gapAt });

  test('a password that ended before it counts', () => {
    expect(withGap(whole, closedAt)).toEqual(done('pw1'));
    expect(withGap(`${whole.slice(0, closedAt)}ZZ\r\n</x>`, closedAt)).toEqual(done('pw1'));
  });

  test('a password with the gap inside does not, although its two sides are well-formed', () => {
    expect(withGap(whole, whole.indexOf('pw1') + 1)).toMatchObject({ cause: { reason: 'behind-gap' } });
    expect(withGap(newPasswordAnswer(''), 0)).toMatchObject({ cause: { reason: 'behind-gap' } });
  });

  test('a password before it is doubtful when another one is named behind it', () => {
    const reading = withGap(`${whole.slice(0, closedAt)}…<a:NewPassword>other`, closedAt);
    expect(reading).toMatchObject({ outcome: 'unknown', cause: { reason: 'behind-gap' } });
  });

  test('a value that broke off before it does not count', () => {
    const cut = whole.indexOf('pw1') + 1;
    expect(withGap(`${whole.slice(0, cut)}more`, cut)).toMatchObject({ cause: { reason: 'broke-off' } });
  });
});

function twice(xml: string): string {
  return xml.replace(/<s:Body>.*<\/s:Body>/s, (body) => body + body);
}

describe('faults', () => {
  test('a complete fault is a refusal with its code', () => {
    expect(read(fault('a:UnifiedWebService.REQUEST_FAILED.SessionToken.Expired'))).toEqual({
      outcome: 'refused',
      code: 'REQUEST_FAILED.SessionToken.Expired',
    });
  });

  test('a fault is a fault only when it is complete', () => {
    const xml = fault('a:UnifiedWebService.INPUT_INVALID.Password.Invalid');
    const closedAt = xml.indexOf('</s:Fault>') + '</s:Fault>'.length;
    expect(reasonOf(xml.slice(0, closedAt - 1))).toBe('broke-off');
    expect(read(xml.slice(0, closedAt))).toMatchObject({ outcome: 'refused' });
  });

  test('a fault without a readable code is a refusal that proves nothing', () => {
    expect(read(fault('').replace('<faultcode></faultcode>', ''))).toEqual({
      outcome: 'refused',
      code: 'Unreadable',
    });
    expect(read(fault('see the &lt;manual&gt;'))).toEqual({ outcome: 'refused', code: 'Unreadable' });
  });

  test('a fault beside a response is neither a fault nor a response', () => {
    const xml = newPasswordAnswer('x').replace(
      '<s:Body>',
      '<s:Body><s:Fault><faultcode>x</faultcode></s:Fault>',
    );
    expect(reasonOf(xml)).toBe('other-content');
  });
});

describe('answers of the session service', () => {
  const logIn = (token: string) =>
    readSessionToken({ body: Buffer.from(answer('LogIn', `<a:SessionToken>${token}</a:SessionToken>`)) }, []);

  test('LogIn gives the session token', () => {
    expect(logIn('0f0e0d0c-0000-4000-8000-000000000001')).toEqual(
      done('0f0e0d0c-0000-4000-8000-000000000001'),
    );
    expect(logIn('x'.repeat(256))).toEqual(done('x'.repeat(256)));
  });

  test.each(['  ', '\n      '])('%j is white space only, and not a session token', (token) => {
    expect(logIn(token)).toMatchObject({ outcome: 'unknown', cause: { reason: 'white-space' } });
  });

  test.each(['two words', 'a&#10;b', 'é', 'x'.repeat(257)])('%j is not a session token', (token) => {
    expect(logIn(token)).toMatchObject({ outcome: 'unknown', cause: { reason: 'bad-token' } });
  });

  test('LogOut is done when its whole response has come', () => {
    const xml = answer('LogOut', '<a:SessionToken i:nil="true"/>');
    expect(readLogOut({ body: Buffer.from(xml) }, [])).toEqual(done(undefined as never));
    expect(
      readLogOut({ body: Buffer.from(xml.slice(0, xml.indexOf('</LogOutResponse>'))) }, []),
    ).toMatchObject({
      outcome: 'unknown',
      cause: { reason: 'broke-off' },
    });
  });
});
