import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  readLogOut,
  readNewPassword,
  readSessionToken,
  UnreadableAnswerError,
} from '../../lambda/thingspace/soap-answers.ts';
import { answer, fault, newPasswordAnswer } from './envelopes.ts';

const read = (xml: string) => readNewPassword(Buffer.from(xml));
const done = (value: string) => ({ outcome: 'done', value });

/** The named reason for which no password was read. */
function reasonOf(body: string | Buffer): string {
  const reading = readNewPassword(Buffer.from(body));
  if (reading.outcome !== 'unknown') return reading.outcome;
  expect(reading.cause).toBeInstanceOf(UnreadableAnswerError);
  return (reading.cause as UnreadableAnswerError).reason;
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
    ['   ', '   '],
    ['\n', '\n'],
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

  test('whatever the prefixes, the namespaces and what surrounds it', () => {
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
        expect(read(xml)).toEqual(done(parts.map((part) => part.char).join('')));
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
          const reading = readNewPassword(whole.subarray(0, length));
          if (length >= closedAt) expect(reading).toEqual(done(password));
          else expect(reading).toMatchObject({ outcome: 'unknown', cause: { reason: 'broke-off' } });
        }
      }),
      { numRuns: 40 },
    );
  });

  test('a character cut in two after the closing tag does no harm', () => {
    const xml = Buffer.from(`${newPasswordAnswer('pw1')}<!-- 😀`);
    expect(readNewPassword(xml.subarray(0, -1))).toEqual(done('pw1'));
  });
});

describe('what is not one new password has a name', () => {
  const output = (content: string) => answer('GetNewPassword', content);
  test.each<[string, string | Buffer]>([
    ['nil', output('<a:NewPassword i:nil="true"/>')],
    ['nil', output('<a:NewPassword i:nil=" 1 ">x</a:NewPassword>')],
    ['empty', output('<a:NewPassword/>')],
    ['empty', output('<a:NewPassword><!-- x --></a:NewPassword>')],
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
        const reading = readNewPassword(Buffer.from(bytes));
        expect(reading.outcome).toBe('unknown');
        if (reading.outcome !== 'unknown') return;
        expect(reading.cause).toBeInstanceOf(UnreadableAnswerError);
        expect(reading.cause.message).toMatch(/^The answer [A-Za-z0-9 ():,-]+$/);
        expect(reading.cause.message).not.toContain('mark');
        expect(reading.cause.cause).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  test('a megabyte of anything is read in one pass', () => {
    const size = 1024 * 1024 - 1;
    for (const unit of ['<a ', '<a b="', '&', ' ', '<', '"', '<a>', '<!--', '<a/>']) {
      expect(reasonOf(unit.repeat(Math.floor(size / unit.length)))).toMatch(/malformed|broke-off/);
    }
    const spaces = `<a${' '.repeat(size - 4)}`;
    expect([reasonOf(`${spaces}/b>`), reasonOf(spaces)]).toEqual(['malformed', 'broke-off']);
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

  test('a fault beside a response is neither', () => {
    const xml = newPasswordAnswer('x').replace(
      '<s:Body>',
      '<s:Body><s:Fault><faultcode>x</faultcode></s:Fault>',
    );
    expect(reasonOf(xml)).toBe('other-content');
  });
});

describe('answers of the session service', () => {
  const logIn = (token: string) =>
    readSessionToken(Buffer.from(answer('LogIn', `<a:SessionToken>${token}</a:SessionToken>`)), []);

  test('LogIn gives the session token', () => {
    expect(logIn('0f0e0d0c-0000-4000-8000-000000000001')).toEqual(
      done('0f0e0d0c-0000-4000-8000-000000000001'),
    );
    expect(logIn('x'.repeat(256))).toEqual(done('x'.repeat(256)));
  });

  test.each(['  ', 'two words', 'a&#10;b', 'é', 'x'.repeat(257)])('%j is no session token', (token) => {
    expect(logIn(token)).toMatchObject({ outcome: 'unknown', cause: { reason: 'bad-token' } });
  });

  test('LogOut is done when its response has come whole', () => {
    const xml = answer('LogOut', '<a:SessionToken i:nil="true"/>');
    expect(readLogOut(Buffer.from(xml), [])).toEqual(done(undefined as never));
    expect(readLogOut(Buffer.from(xml.slice(0, xml.indexOf('</LogOutResponse>'))), [])).toMatchObject({
      outcome: 'unknown',
      cause: { reason: 'broke-off' },
    });
  });
});
