import fc from 'fast-check';

export const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';
export const V2 = 'http://nphase.com/unifiedwebservice/v2';
export const ACTION = `${V2}/IDeviceService/GetDeviceList`;

const gap = fc.constantFrom('', ' ', '\n  ', '\r\n\t', '<!-- a comment -->');
const prefix = fc.constantFrom('', 's:', 'soapenv:', 'token:', 'Header:');
const quote = fc.constantFrom('"', "'");
// Neither a bracket at its end nor a > at its beginning: joined, they would make the ]]> that XML forbids.
const text = fc.string({
  unit: fc.constantFrom(
    'a',
    '1',
    ' ',
    'é',
    '😀',
    '&amp;',
    '&lt;',
    '&#65;',
    '&#x1F600;',
    ']',
    '&gt;',
    '"',
    "'",
  ),
});
const cdata = fc.constantFrom('<![CDATA[<token>]]>', '<![CDATA[</s:Header>]]>', '<![CDATA[]]]]>');

const payloadContent = fc
  .array(
    fc.oneof(
      text,
      cdata,
      gap,
      text.map((inside) => `<m:Member>${inside}</m:Member>`),
    ),
  )
  .map((parts) => parts.join(''));

/** Blocks that belong to the client, and ones that are called token. */
const block = fc.oneof(
  text.map((inside) => `<c:Trace xmlns:c="urn:client">${inside}</c:Trace>`),
  text.map((inside) => `<token xmlns="${V2}">${inside}</token>`),
  text.map((inside) => `<x:token xmlns:x="${V2}">${inside}<x:token/></x:token>`),
  fc.constant(`<v:Token xmlns:v="urn:elsewhere"/>`),
  fc.constant(`<c:Security xmlns:c="urn:client"><c:token>of somebody else</c:token></c:Security>`),
);

const isToken = (one: string) => /^<(?:\w+:)?token\b/i.test(one);

/** A request for GetDeviceList in any spelling that is understood in one way. */
export const envelopes = fc
  .record({
    declaration: fc.constantFrom('', '<?xml version="1.0" encoding="UTF-8"?>', "<?xml version='1.0'?>\n"),
    bom: fc.boolean(),
    soap: prefix,
    v2: fc.constantFrom('', 'v2:', 'token:'),
    // A second token is a contradiction.
    header: fc.option(
      fc.array(block, { maxLength: 4 }).filter((blocks) => blocks.filter(isToken).length < 2),
    ),
    emptyHeader: fc.boolean(),
    gaps: fc.array(gap, { minLength: 8, maxLength: 8 }),
    quote,
    content: payloadContent,
  })
  .filter(({ soap, v2 }) => soap !== v2)
  .map(({ declaration, bom, soap, v2, header, emptyHeader, gaps, quote: q, content }) => {
    const declare = (prefixed: string, namespace: string) =>
      prefixed === '' ? `xmlns=${q}${namespace}${q}` : `xmlns:${prefixed.slice(0, -1)}=${q}${namespace}${q}`;
    const body =
      `<${soap}Body>${gaps[0]}<${v2}GetDeviceList ${declare(v2, V2)} xmlns:m="urn:m">${content}</${v2}GetDeviceList\n>` +
      `${gaps[1]}</${soap}Body>`;
    const blocks = (header ?? []).map((one, index) => `${gaps[2 + index]}${one}`).join('');
    const filled = `<${soap}Header a="b">${blocks}${gaps[6]}</${soap}Header>`;
    const head = header === null ? '' : emptyHeader && blocks === '' ? `<${soap}Header a="/>" />` : filled;
    const source =
      `${bom ? '\uFEFF' : ''}${declaration}<${soap}Envelope ${declare(soap, SOAP)}>${gaps[7]}${head}` +
      `${gaps[6]}${body}${gaps[7]}</${soap}Envelope>\n`;
    return { source, body };
  });
