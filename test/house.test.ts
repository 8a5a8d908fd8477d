import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { PROGRAM } from '../lambda/operator-tool.ts';
import { mutants } from './mutants/mutants.ts';

/** The rules of the project's layout, and the names that its pages must find. */
const root = path.join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const filesOf = (pattern: string) =>
  globSync(pattern, { cwd: root }).map((file) => file.replaceAll('\\', '/'));

type Import = { from: string; to: string; typeOnly: boolean };

function importsOf(file: string): Import[] {
  const statements = read(file).matchAll(/^(?:import|export) (type )?([^;]*?)from '(\.[^']+)';/gms);
  return [...statements].map(([, type, names = '', target = '']) => ({
    from: file,
    to: path.posix.join(path.posix.dirname(file), target),
    typeOnly: type !== undefined || /^\{(\s*type \w+( as \w+)?,?)+\s*\}\s*$/.test(names),
  }));
}

/** The imports between two folders of the root; here also the ones made while the program runs. */
function importsBetweenFolders(file: string): Import[] {
  const dynamic = read(file).matchAll(/\bimport\('(\.[^']+)'\)/g);
  const later = [...dynamic].map(([, target = '']) => path.posix.join(path.posix.dirname(file), target));
  const all = [...importsOf(file), ...later.map((to) => ({ from: file, to, typeOnly: false }))];
  const folderOf = (name: string) => name.split('/')[0] ?? '';
  return all
    .map(({ from, to, typeOnly }) => ({ from: folderOf(from), to: folderOf(to), typeOnly }))
    .filter(({ from, to }) => from !== to);
}

/** The files that reach themselves by way of others. */
function circles(imports: readonly Import[]): string[] {
  const targets = Map.groupBy(imports, ({ from }) => from);
  const reaches = (from: string, wanted: string, seen = new Set<string>()): boolean =>
    (targets.get(from) ?? []).some(({ to }) => {
      if (to === wanted) return true;
      if (seen.has(to)) return false;
      seen.add(to);
      return reaches(to, wanted, seen);
    });
  return [...targets.keys()].filter((file) => reaches(file, file));
}

describe('imports run one way', () => {
  test('no file of the function, the client library and the operator’s tool reaches itself, not even for a type', () => {
    expect(circles(filesOf('{lambda,client,cli}/**/*.ts').flatMap(importsOf))).toEqual([]);
  });

  test('no file of the project reaches itself when it runs', () => {
    const imports = filesOf('{lambda,client,cli,infra,local,bench}/**/*.ts').flatMap(importsOf);
    expect(circles(imports.filter(({ typeOnly }) => !typeOnly))).toEqual([]);
  });

  test('no folder of the project reaches itself by way of another folder, not even for a type', () => {
    const between = filesOf('{lambda,client,cli,infra,local,bench}/**/*.ts').flatMap(importsBetweenFolders);
    expect(circles(between)).toEqual([]);
  });

  test('the functions import nothing from a folder beside theirs', () => {
    const imports = filesOf('lambda/**/*.ts').flatMap(importsOf);
    expect(imports.filter(({ to }) => !to.startsWith('lambda/'))).toEqual([]);
  });

  test('the session stands below the access function and above the ledger', () => {
    const imports = filesOf('lambda/**/*.ts').flatMap(importsOf);
    const session = imports.filter(({ from }) => from.startsWith('lambda/session/'));
    expect(session.length).toBeGreaterThan(0);
    expect(session.filter(({ to }) => /^lambda\/(access|rotation)\//.test(to))).toEqual([]);
    const importers = imports.filter(({ to }) => to.startsWith('lambda/session/'));
    expect(importers.filter(({ from }) => !/^lambda\/(access|session)\//.test(from))).toEqual([]);
  });

  test('the modules below the rotation never import it', () => {
    const below = filesOf('lambda/{ledger,sealing,secret,thingspace,alarms}/**/*.ts').flatMap(importsOf);
    expect(below.filter(({ to }) => to.startsWith('lambda/rotation/'))).toEqual([]);
    const thingspace = below.filter(({ from }) => from.startsWith('lambda/thingspace/'));
    expect(thingspace.filter(({ to }) => /^lambda\/(ledger|sealing|secret)\//.test(to))).toEqual([]);
  });
});

test('every function, class and constant that the function exports has an importer', () => {
  const texts = filesOf('{lambda,client,cli,infra,local,test}/**/*.{ts,mjs}').map((file) => ({
    file,
    text: read(file),
  }));
  const unused = filesOf('lambda/**/*.ts').flatMap((file) => {
    const exported = read(file).matchAll(/^export (?:async )?(?:function\*?|const|class) (\w+)/gm);
    return [...exported]
      .map(([, name]) => ({ file, name }))
      .filter(({ name }) =>
        texts.every((other) => other.file === file || !new RegExp(`\\b${name}\\b`).test(other.text)),
      );
  });
  // Lambda calls the handler by its name.
  expect(unused.filter(({ name }) => name !== 'handler')).toEqual([]);
});

test('the name of the operator’s tool stands in one file, for readers with and without a checkout', () => {
  const named = filesOf('{lambda,client,cli,infra}/**/*.ts').filter((file) =>
    /npm run (?:--silent )?cli\b/.test(read(file).replace(/^ *(?:\/?\*|\/\/).*$/gm, '')),
  );
  expect(named).toEqual(['lambda/operator-tool.ts']);
  expect(filesOf('cli/**/*.ts').filter((file) => read(file).includes(PROGRAM))).toEqual([]);
  expect(Object.keys(JSON.parse(read('package.json')).bin)).toEqual([PROGRAM]);
});

test('the errors of the ledger and the rotation take their commands from their situations', () => {
  const own = filesOf('lambda/{ledger,rotation}/**/*.ts').filter((file) =>
    read(file).includes('operatorTool()'),
  );
  // The item of the holds has no situation: no error but this one is about it.
  expect(own).toEqual(['lambda/ledger/holds.ts']);
});

test('each mutant edits code that stands once', () => {
  const stale = mutants.filter(({ file, find }) => read(file).split(find).length !== 2);
  expect(stale.map(({ rule }) => rule)).toEqual([]);
});

describe('the length of functions', () => {
  const LIMIT = 60;
  /** Longer ones, which may be cut and must not be joined by others. */
  const LONGER = [
    'cli/trial.ts: trial',
    'infra/access-function.ts: constructor',
    'infra/rotation-service.ts: constructor',
    'lambda/alarms/json.ts: messageOf',
    'local/scenarios/access.ts: play',
    'local/world.ts: startWorld',
  ];

  const NAMED =
    /^ *(?:export )?(?:async )?function\*? (\w+)|^ *(?:export )?const (\w+) = |^ +(?:async )?\*?(\w+)\(/;
  const OPENS =
    /^( *)(?:(?:export )?(?:async )?function\*? \w.*|.*=> \{|(?! *(?:if|for|while|switch|catch|\}) ?).*\w(?:<.*>)?\(.*\).* \{)$/;
  /** A line that ends a signature of several lines, and begins the function's body. */
  const SIGNATURE_ENDS = /^ *\).* \{$/;

  /**
   * The lines of each function, without the functions inside it: a factory is as long as the code of its own. Biome
   * puts the end of a function at the indentation of its beginning.
   */
  function lengths(text: string): { name: string; lines: number }[] {
    const lines = text.split('\n');
    const spans = lines.flatMap((line, from) => {
      const opened = OPENS.exec(line);
      if (!opened) return [];
      const [, indentation = ''] = opened;
      const ends = (at: number) =>
        lines[at]?.startsWith(`${indentation}}`) || lines[at]?.startsWith(`${indentation})`);
      let to = from + 1;
      while (to < lines.length && !(ends(to) && !SIGNATURE_ENDS.test(lines[to] ?? ''))) to += 1;
      return [{ name: NAMED.exec(line)?.slice(1).find(Boolean) ?? 'a function', from, to }];
    });
    return spans.map(({ name, from, to }) => {
      const inside = spans.filter((other) => other.from > from && other.to <= to);
      const covered = new Set(inside.flatMap((other) => range(other.from, other.to)));
      return { name, lines: range(from, to).filter((at) => !covered.has(at)).length };
    });
  }
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);

  test(`is at most ${LIMIT} lines`, () => {
    const files = filesOf('{lambda,client,cli,infra,local,bench}/**/*.ts');
    const all = files.flatMap((file) => lengths(read(file)).map((each) => ({ file, ...each })));
    expect(all.length).toBeGreaterThan(1_000);
    const long = all.filter(({ lines }) => lines > LIMIT).map(({ file, name }) => `${file}: ${name}`);
    expect(long.filter((name) => !LONGER.includes(name))).toEqual([]);
  });

  test('is counted from the signature to the end, without the functions inside', () => {
    const text =
      'function outer(\n  a: string,\n): void {\n  const inner = () => {\n    a;\n  };\n  if (a) {\n    a;\n  }\n}\n';
    expect(lengths(text)).toEqual([
      { name: 'outer', lines: 7 },
      { name: 'inner', lines: 3 },
    ]);
  });
});

describe('the design page', () => {
  const page = read('docs/design.md');
  const section = (title: string) => page.split(/^## /m).find((part) => part.startsWith(title)) ?? '';
  const rowsOf = (title: string) =>
    [...section(title).matchAll(/^\| (?!---)(.+) \|$/gm)].slice(1).map(([, row = '']) => row.split(' | '));

  test('names only files that exist', () => {
    const named = [...page.matchAll(/`((?:lambda|test|docs|client|cli|local|infra)\/[\w/.-]+)`/g)];
    expect(named.length).toBeGreaterThan(10);
    expect(named.map(([, file = '']) => file).filter((file) => filesOf(file).length === 0)).toEqual([]);
  });

  test('has for each rule the words by which its mutant is found, which names code and test', () => {
    const rules = rowsOf('Why these rules');
    expect(rules.length).toBeGreaterThan(12);
    for (const [what, without, words = ''] of rules) {
      expect(without, what).toBeTruthy();
      const found = [...words.matchAll(/“(.+?)”/g)].map(([, rule]) => rule);
      expect(found.length, what).toBeGreaterThan(0);
      for (const rule of found) expect(mutants.map((mutant) => mutant.rule)).toContain(rule);
    }
  });

  test.each(['The swap', 'Recovery'])('has for each row of “%s” the words of a test', (title) => {
    const tests = filesOf('test/rotation/*.test.ts').map(read).join('\n');
    const rows = rowsOf(title);
    expect(rows.length).toBeGreaterThan(4);
    for (const row of rows) {
      const found = [...(row.at(-1) ?? '').matchAll(/“(.+?)”/g)].map(([, words = '']) => words);
      expect(found.length, row[0]).toBeGreaterThan(0);
      for (const words of found) expect(tests).toContain(words);
    }
  });
});

test('lambda/README.md names only files that exist', () => {
  const named = [...read('lambda/README.md').matchAll(/[`(]((?:rotation|ledger|secret)\/[\w-]+\.ts)[`)]/g)];
  const files = named.map(([, file = '']) => `lambda/${file}`);
  expect(files.length).toBeGreaterThan(10);
  expect(files.filter((file) => filesOf(file).length === 0)).toEqual([]);
});

test('each generated file that .gitattributes marks exists', () => {
  const marked = [...read('.gitattributes').matchAll(/^(\S+) .*linguist-generated/gm)].map(
    ([, file = '']) => file,
  );
  expect(marked).toContain('docs/reference/**');
  expect(marked.filter((file) => filesOf(file).length === 0)).toEqual([]);
});

describe('the English of comments and titles', () => {
  /** The folders whose comments are checked. */
  const FOLDERS = ['bench', 'cli', 'client', 'infra', 'lambda', 'local', 'test'];
  const COMMENTS = /\/\*\*?[\s\S]*?\*\/|(?:^|\s)\/\/[^\n]*(?:\n\s*\/\/[^\n]*)*/g;
  const OLD_COMMENT =
    /^(What|Who|Whom|Whose|One that|Those that|That (?!is)|Of (a|an|the|what|one)|On whose|None of|Nobody|Nothing)\b/;
  const TITLES =
    /\b(?:it|test|describe)(?:\.(?:each|for)(?:<[^()]*>)?\([\s\S]*?\))?\(\s*(?:'([^'\n]+)|"([^"\n]+)|`([^`\n]+))/g;
  const OLD_TITLE = /^(what|who|whose|one that|those that|that|of|none of|nobody|nothing)\b/i;

  const filesIn = (folder: string) =>
    filesOf(`${folder}/**/*.{ts,mjs}`).filter((file) => !file.includes('fixture'));

  const commentsIn = (text: string): string[] =>
    [...text.matchAll(COMMENTS)].flatMap(([comment]) =>
      comment
        .replace(/^\s*\/\*+|\*+\/\s*$|^\s*\*+ ?|^\s*\/\/ ?/gm, '')
        .replace(/\s+/g, ' ')
        .trim()
        .split(/(?<=[.:;])\s+(?=[A-Z])/),
    );

  const titlesIn = (text: string): string[] =>
    [...text.matchAll(TITLES)].map(([, single, double, template]) => single ?? double ?? template ?? '');

  /** The sentences of a text in the old manner; a question or a quotation may begin so. */
  const oldComments = (text: string) =>
    commentsIn(text).filter((sentence) => OLD_COMMENT.test(sentence) && !sentence.includes('?'));
  const oldTitles = (text: string) => titlesIn(text).filter((title) => OLD_TITLE.test(title));

  const inFile = (find: (text: string) => string[]) => (file: string) =>
    find(read(file)).map((sentence) => `${file}: ${sentence}`);

  test.each(FOLDERS)('begins no comment of %s with what, who, that, of or nobody', (folder) => {
    expect(filesIn(folder)).not.toEqual([]);
    expect(filesIn(folder).flatMap(inFile(oldComments))).toEqual([]);
  });

  test('begins no test title with one of these words', () => {
    expect(filesIn('test').flatMap(inFile(titlesIn)).length).toBeGreaterThan(1_500);
    expect(filesIn('test').flatMap(inFile(oldTitles))).toEqual([]);
  });

  test('is checked everywhere except in questions and quotations', () => {
    const comment = '** A noun: What it does. Who acts? "Who" is quoted.\n * What follows. Nobody acts. *';
    expect(oldComments(`/${comment}/`)).toEqual(['What it does.', 'What follows.', 'Nobody acts.']);
    expect(oldComments(` ${'//'} A noun.\n ${'//'} Of a kind.`)).toEqual(['Of a kind.']);
    const each = `.each<[string]>([['a']])(\n  'what %s does'`;
    expect(oldTitles(`test${each}; ${'it'}('does it'; ${'describe'}("Who acts"`)).toEqual([
      'what %s does',
      'Who acts',
    ]);
  });
});
