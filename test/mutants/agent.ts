import type { Mutant } from './mutants.ts';

const AGENT = 'test/cli/agent.test.ts';
const DOOR = 'test/cli/agent-door.test.ts';
const GUARD = 'cli/agent/guard.ts';

/** The rules of the agent: whom it answers on a machine that others use, too. */
export const agentMutants: Mutant[] = [
  {
    rule: 'the agent answers only a program that has its token',
    file: GUARD,
    find: 'timingSafeEqual(digestOf(sent), digestOf(token))',
    replace: 'sent.length > 0',
    noticedBy: AGENT,
  },
  {
    rule: 'the agent answers no web page that reaches it by a name of its own',
    file: GUARD,
    find: "if (!LOOPBACK.test(headers.host ?? '')) return WRONG_HOST;",
    replace: '',
    noticedBy: AGENT,
  },
  {
    rule: 'the agent answers no proxy',
    file: GUARD,
    find: 'if (FORWARDED.some((name) => headers[name] !== undefined)) return WAS_FORWARDED;',
    replace: '',
    noticedBy: AGENT,
  },
  {
    rule: 'the guard stands before the session',
    file: 'cli/agent/door.ts',
    find: 'const refusal = refusalOf(request.headers, token);',
    replace: 'const refusal = undefined as ReturnType<typeof refusalOf> | undefined;',
    noticedBy: DOOR,
  },
  {
    rule: 'the agent listens on the loopback interface alone',
    file: 'cli/agent/door.ts',
    find: 'server.listen({ port, host: HOST, ',
    replace: "server.listen({ port, host: '0.0.0.0', ",
    noticedBy: DOOR,
  },
  {
    rule: 'a token that others can read is not taken',
    file: 'cli/agent/token-file.ts',
    find: 'if ((mode & TOO_OPEN) !== 0) {',
    replace: 'if (false as boolean) {',
    noticedBy: AGENT,
  },
  {
    rule: 'the rights and the content of a token are those of one file',
    file: 'cli/agent/token-file.ts',
    find: "text: readFileSync(file, 'utf8') };",
    replace: "text: readFileSync(path, 'utf8') };",
    noticedBy: 'test/cli/token-file.test.ts',
  },
  {
    rule: 'an agent that ends leaves the files of the next one',
    file: 'cli/agent/own-file.ts',
    find: 'if (contentOf(path) === content) ',
    replace: '',
    noticedBy: AGENT,
  },
  {
    rule: 'an agent without a ledger is meant by an operator',
    file: 'cli/agent/settings.ts',
    find: 'return withoutLedger\n',
    replace: 'return !env.LEDGER_TABLE\n',
    noticedBy: AGENT,
  },
];
