import { render } from '../../lambda/alarms/render.ts';
import { examples } from './examples.ts';

/** docs/alarms.md: every alarm as its receiver sees it. */
export function alarmsPage(): string {
  return [introduction, table(), filters, ...examples.map(section), ''].join('\n\n');
}

const introduction = `# Alarms

Each alarm is one SNS message on the alarm topic, published within the invocation in which it happened. E-mail
subscribers get the text, SMS subscribers the short text, every other protocol (Lambda, SQS, HTTPS) the JSON, whose
shape is [alarm-schema.json](alarm-schema.json): within a \`schema\` members are only added. The same announcement
may arrive twice, with the same \`id\`. What stands in the way is said when it begins (by an event of its own or as
\`standing-trouble\`), again every day as \`standing-trouble\`, and once more when it is over. While SNS cannot be
reached alarms wait, at most 30 of a credential: beyond that information is given up first, then warnings, and what a
person must act on only beyond 60; the next alarm says how many (\`droppedBefore\`). No alarm holds a password, a session token or a key.

Which of them comes when, and what CloudWatch says where the function cannot, stands in [messages.md](messages.md).

This page is what the code renders; a test compares them. It is written anew by
\`npm run docs:alarms\`.`;

const filters = `\`critical\`: the credential does not work or the automation has stopped; somebody acts now. \`warning\`: heals by itself, or
an app's owner must repair something; look today. \`info\`: nothing to do. A failed log-in is critical when the
rotation itself was refused with the stored password, or when the username is probably locked. A probe asks which of several
passwords is live: its refusal is told in the message about the loss that it proves, and otherwise followed by a message of its own.

## Filter policies

On the message attributes \`severity\`, \`event\` and \`credential\` (the username in lower case; characters other than
printable ASCII, spaces and \`%\` are percent-encoded).

| subscriber | filter policy |
|---|---|
| the person on call (SMS) | \`{"severity": ["critical"]}\` |
| the team's mailbox | \`{"severity": ["critical", "warning"]}\` |
| the owners of one department's credential | \`{"credential": ["acme-uws"]}\` |
| an audit queue | no policy: everything |
| a job that reloads apps after a change | \`{"event": ["password-rotated", "rolled-forward", "put-back"]}\` |`;

function table(): string {
  const rows = examples.map(({ title, event, setting }) => {
    const { severity } = render(event, setting).attributes;
    return `| [${title}](#${anchor(title)}) | \`${event.event}\` | ${severity} |`;
  });
  return ['| what happened | `event` | `severity` |', '|---|---|---|', ...rows].join('\n');
}

function section({ title, event, setting }: (typeof examples)[number]): string {
  const { subject, email, sms, json, attributes } = render(event, setting);
  return [
    `## ${title}`,
    `Subject: \`${subject}\``,
    `E-mail:\n\n${fenced('text', email.trimEnd())}`,
    `SMS:\n\n${fenced('text', sms)}`,
    `JSON:\n\n${fenced('json', JSON.stringify(JSON.parse(json), null, 2))}`,
    `Attributes: ${Object.entries(attributes)
      .map(([name, value]) => `\`${name}\` = \`${value}\``)
      .join(', ')}`,
  ].join('\n\n');
}

const fenced = (language: string, text: string) => `\`\`\`${language}\n${text}\n\`\`\``;

/** As GitHub makes them: lower case, no punctuation, hyphens for spaces. */
const anchor = (title: string) =>
  title
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replace(/\s/g, '-');
