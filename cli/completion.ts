import type { Command } from 'commander';
import { PROGRAM } from '../lambda/operator-tool.ts';
import type { Terminal } from './desk.ts';

/** `value` is the name of an option's value as help shows it; undefined where it takes none. */
type Word = { long: string; says: string; value: string | undefined };
type Known = { name: string; says: string; words: Word[]; choices: readonly string[] };
type Tool = { words: Word[]; commands: Known[] };

const NAMES = [PROGRAM, `${PROGRAM}.mjs`];
const FUNCTION = `_${PROGRAM.replaceAll('-', '_')}`;
const SCRIPTS: Readonly<Record<string, (tool: Tool) => string>> = { bash, zsh, fish };

/** Prints the script that completes the tool's commands and options, as commander has them. It asks no service. */
export function completion(terminal: Pick<Terminal, 'say'>, tree: Command, shell: string): void {
  const tool = {
    words: wordsOf(tree),
    commands: tree.commands.map((one) => ({
      name: one.name(),
      says: one.description(),
      words: wordsOf(one),
      choices: one.registeredArguments[0]?.argChoices ?? [],
    })),
  };
  const script = SCRIPTS[shell]?.(tool);
  // Commander takes no other shell.
  if (script !== undefined) terminal.say(script);
}

const wordsOf = (command: Command): Word[] => [
  ...command.options.map(({ long, flags, description }) => ({
    long: long ?? flags,
    says: description,
    value: /<([^>]+)>/.exec(flags)?.[1]?.replace('...', ''),
  })),
  { long: '--help', says: 'show help', value: undefined },
];

const isFile = ({ value }: Word): boolean => value === 'file';

/** For bash 3.2 (macOS) and later, without the package bash-completion. */
function bash({ words, commands }: Tool): string {
  const names = commands.map(({ name }) => name);
  const after = (fits: (word: Word) => boolean) =>
    commands
      .flatMap(({ name, words: own }) => own.filter(fits).map(({ long }) => `'${name} ${long}'`))
      .join('|');
  const list = (own: readonly Word[], others: readonly string[]) =>
    [...others, ...own.map(({ long }) => long)].join(' ');
  return `${FUNCTION}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command='' word words='' IFS=$' \\t\\n'
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
      ${names.join('|')}) command=$word; break ;;
    esac
  done
  case "$command $previous" in
    ${after(isFile)})
      IFS=$'\\n'; COMPREPLY=($(compgen -f -- "$current"))
      compopt -o filenames 2>/dev/null
      return ;;
    ${after((word) => word.value !== undefined && !isFile(word))})
      return ;;
  esac
  case $command in
    '') words='${list(words, names)}' ;;
${commands.map(({ name, words: own, choices }) => `    ${name}) words='${list(own, choices)}' ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F ${FUNCTION} ${NAMES.join(' ')}`;
}

/** A text within single quotes of a shell. */
const inQuotes = (text: string): string => text.replaceAll("'", '’');

function zsh({ words, commands }: Tool): string {
  const plain = (text: string) => inQuotes(text).replaceAll(/[\\[\]:]/g, '\\$&');
  const spec = (word: Word) => {
    const value = word.value === undefined ? '' : `:${plain(word.value)}:${isFile(word) ? '_files' : ' '}`;
    return `'${word.long}[${plain(word.says)}]${value}'`;
  };
  const choices = (one: Known) => (one.choices.length === 0 ? [] : [`'1:word:(${one.choices.join(' ')})'`]);
  const cases = commands.map(
    (one) => `        ${one.name}) _arguments ${[...one.words.map(spec), ...choices(one)].join(' ')} ;;`,
  );
  return `#compdef ${NAMES.join(' ')}
${FUNCTION}() {
  local context state state_descr line
  local -a commands
  typeset -A opt_args
  _arguments -C ${words.map(spec).join(' ')} '1:command:->command' '*::word:->words'
  case $state in
    command)
      commands=(
${commands.map(({ name, says }) => `        '${name}:${plain(says)}'`).join('\n')}
      )
      _describe command commands ;;
    words)
      case $line[1] in
${cases.join('\n')}
      esac ;;
  esac
}
if [[ $funcstack[1] == ${FUNCTION} ]]; then ${FUNCTION} "$@"; else compdef ${FUNCTION} ${NAMES.join(' ')}; fi`;
}

function fish({ words, commands }: Tool): string {
  const option = (name: string, when: string, word: Word) => {
    const value = word.value === undefined ? '' : isFile(word) ? ' -r -F' : ' -x';
    return `complete -c ${name} -n '${when}' -l ${word.long.slice(2)}${value} -d '${inQuotes(word.says)}'`;
  };
  const lines = NAMES.flatMap((name) => [
    `complete -c ${name} -f`,
    ...words.map((word) => option(name, '__fish_use_subcommand', word)),
    ...commands.flatMap(({ name: command, says, words: own, choices }) => {
      const when = `__fish_seen_subcommand_from ${command}`;
      return [
        `complete -c ${name} -n __fish_use_subcommand -a ${command} -d '${inQuotes(says)}'`,
        ...own.map((word) => option(name, when, word)),
        ...(choices.length === 0 ? [] : [`complete -c ${name} -n '${when}' -a '${choices.join(' ')}'`]),
      ];
    }),
  ]);
  return lines.join('\n');
}
