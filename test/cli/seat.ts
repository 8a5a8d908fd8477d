import { completion } from '../../cli/completion.ts';
import type { Desk } from '../../cli/desk.ts';
import { CommandError } from '../../cli/errors.ts';
import type { Options } from '../../cli/options.ts';
import { programOf, runTool, type Seat } from '../../cli/program.ts';
import { createWorld, type World } from '../world/world.ts';
import { deskIn, fakeTerminal } from './desk.ts';

export type Run = { code: number; out: string; error: string };

type SeatOptions = {
  world?: World;
  terminal?: Parameters<typeof fakeTerminal>[0];
  /** Changes the desk before a command gets it, and its account before the function is looked for. */
  changed?: (desk: Desk) => Desk;
  env?: NodeJS.ProcessEnv;
  files?: Record<string, string>;
};

const FUNCTION_ENV = {
  LEDGER_TABLE: 'rotation-ledger',
  ALARM_TOPIC_ARN: 'arn:aws:sns:us-east-1:111122223333:alarms',
  SEALING_KEY_ID: 'arn:aws:kms:us-east-1:111122223333:key/1',
  THINGSPACE_TRANSPORT: 'soap',
  THINGSPACE_BASE_URL: 'https://uws.example/api/v2',
  THINGSPACE_PASSWORD_ELEMENT: 'OldPassword',
  LOCKOUT_LIMIT: '5',
  LOCKOUT_BUDGET: '3',
  ROTATION_BUDGET: '2',
  SERVICE_NAME: 'rotation',
};

/** The part of ThingSpace's contract that the tool reads. */
const CONTRACT = `<xs:schema xmlns:xs="x"><xs:element name="GetNewPassword"><xs:complexType><xs:sequence>
  <xs:element name="Input"><xs:complexType><xs:sequence><xs:element name="Channel"/>
  <xs:element name="OldPassword"/></xs:sequence></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element></xs:schema>`;

/** The whole tool over a desk in memory: each run is a process of its own with one world. */
export function toolIn({
  world = createWorld(),
  terminal: how,
  changed = (desk) => desk,
  env = {},
  files = {},
}: SeatOptions = {}) {
  async function run(argv: readonly string[]): Promise<Run> {
    const terminal = fakeTerminal(how);
    const printed = { out: [] as string[], error: [] as string[] };
    terminal.say = (text) => void printed.out.push(`${text}\n`);
    terminal.warn = (text) => void printed.error.push(`${text}\n`);
    const base = deskIn(world, terminal);
    const seen = await base.account.function('');
    const facts = { ...seen, environment: { ...FUNCTION_ENV, ...seen.environment } };
    const desk = changed({ ...base, account: { ...base.account, function: async () => facts } });
    const seat: Seat = {
      terminal,
      output: { out: (text) => void printed.out.push(text), error: (text) => void printed.error.push(text) },
      reading: {
        env,
        fetch: async () => CONTRACT,
        async readText(file) {
          const text = files[file];
          if (text === undefined)
            throw new CommandError('FileError', `The file ${file} cannot be read (ENOENT).`);
          return text;
        },
      },
      reach: async () => desk.account,
      wire: async (settings, _options: Options, account, on) => ({
        ...desk,
        account,
        terminal: on,
        settings,
        budgets: settings.budgets,
        function: settings.function,
      }),
    };
    const code = await runTool(seat, argv);
    return { code, out: printed.out.join(''), error: printed.error.join('') };
  }
  return { world, run };
}

const NOWHERE = {} as Seat;

/** The completion's script for a shell. */
export function scriptOf(shell: string): string {
  let script = '';
  const say = (text: string) => {
    script = text;
  };
  completion({ say }, programOf(NOWHERE), shell);
  return script;
}
