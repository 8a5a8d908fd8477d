import { describe, expect, test } from 'vitest';
import { readXml, XmlError } from '../../lambda/thingspace/xml.ts';

function problemOf(document: string): string {
  try {
    return `read: ${readXml(document)?.localName}`;
  } catch (error) {
    expect(error).toBeInstanceOf(XmlError);
    // The parser's own message quotes the document.
    expect((error as XmlError).cause).toBeUndefined();
    expect((error as XmlError).message).not.toContain('mark');
    return (error as XmlError).problem;
  }
}

describe('refuses documents that the library alone would accept', () => {
  test.each([
    ['an end tag of another element', '<r><a>mark</b></r>'],
    ['an end tag that looks empty', '<r><a>mark</a/></a></r>'],
    ['an end tag too many', '<r>mark</r></r>'],
    ['text before the root', 'mark<r/>'],
    ['text after an empty root', '<r/>mark'],
    ['text after a root', '<r></r>mark'],
    ['a CDATA section before the root', '<![CDATA[mark]]><r/>'],
    ['a CDATA section after the root', '<r/><![CDATA[mark]]>'],
    ['a second root', '<r/><mark/>'],
    ['an entity that XML does not know', '<r>&mark;</r>'],
    ['one in an attribute', '<r a="&mark;"/>'],
    ['an ampersand', '<r>mark & more</r>'],
    ['a reference without its end', '<r>&#65</r>'],
    ['a bad reference before markup that was cut', '<r>&mark<a'],
    ['a repeated attribute', '<r mark="1" mark="2"/>'],
    ['an attribute without a value', '<r mark/>'],
    ['an attribute that holds a tag', '<r a="<mark>"/>'],
    ['a name that begins with a digit', '<r><1mark/></r>'],
    ['an instruction that would swallow what follows', `<r><?it's?>mark<?it's?></r>`],
    ['an instruction that ends inside quotes', '<r><?a "?>mark" ?></r>'],
    ['a declaration that is none', '<r><!ELEMENT mark></r>'],
    ['101 levels', `${'<a>'.repeat(101)}mark`],
  ])('%s', (_, document) => {
    expect(problemOf(document)).toBe('malformed');
  });

  test.each([
    '<!DOCTYPE r>',
    '<!doctype r>',
    '<?xml version="1.0"?><!-- x --><!DOCTYPE r [<!ENTITY e "mark">]>',
  ])('%s', (doctype) => {
    expect(problemOf(`${doctype}<r/>`)).toBe('doctype');
  });
});

describe('reads documents that XML allows', () => {
  test.each([
    ['a DOCTYPE in a comment', '<!-- <!DOCTYPE x> --><r/>'],
    ['a DOCTYPE in a CDATA section', '<r><![CDATA[<!DOCTYPE x>]]></r>'],
    ['instructions', '<?xml version="1.0"?><?a b="1>2"?><r/>'.replace('1>2', "it's")],
    ['space before the declaration', '\n<?xml version="1.0"?>\n<r/>\n'],
  ])('%s', (_, document) => {
    expect(readXml(document)).toMatchObject({ localName: 'r', closed: true });
  });

  test('100 levels', () => {
    expect(readXml('<a>'.repeat(100) + '</a>'.repeat(100))).toMatchObject({ localName: 'a', closed: true });
  });

  test('names that mean something to JavaScript are names', () => {
    const root = readXml('<r><toString hasOwnProperty="1">x</toString></r>');
    expect(root?.children).toEqual([
      {
        localName: 'toString',
        attributes: new Map([['hasOwnProperty', '1']]),
        children: [],
        text: 'x',
        closed: true,
      },
    ]);
  });

  test('attributes are decoded once and keep their spaces', () => {
    expect(readXml(`<r a:b=" 007 &amp;lt; '>'" c='&#x22;'/>`)?.attributes).toEqual(
      new Map([
        ['b', ` 007 &lt; '>'`],
        ['c', '"'],
      ]),
    );
  });
});

describe('a document that broke off', () => {
  test('shows what was closed and what was not', () => {
    const root = readXml('<r><a>x</a><b>y<c/>z&am');
    expect(root).toMatchObject({ localName: 'r', closed: false });
    expect(root?.children.map(({ localName, text, closed }) => ({ localName, text, closed }))).toEqual([
      { localName: 'a', text: 'x', closed: true },
      { localName: 'b', text: 'y', closed: false },
    ]);
  });

  test.each(['', ' \n', '<', '<r', '<r a="1', '<!', '<![CDA', '<!-- x --', '<?xml version="1.0"?'])(
    '%j has no root yet',
    (document) => {
      expect(readXml(document)).toBeUndefined();
    },
  );
});
