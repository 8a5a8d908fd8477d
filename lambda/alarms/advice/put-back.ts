import type { KeptAside, PutBack } from '../event.ts';
import { oneLine } from '../legible.ts';
import { showVersions } from '../steps.ts';
import type { Advice } from './shape.ts';

export function putBack(event: PutBack): Advice {
  const replaced = oneLine(event.replacedVersionId);
  return {
    headline: 'live password put back',
    brief: 'It works. Tell whoever stored a dead one today.',
    happened: [
      `AWSCURRENT held a dead password of "${oneLine(event.username)}", or no credential (version ${replaced}): somebody ` +
        'stored a wrong one or something that cannot be read, saved a stale editor, or moved the label AWSCURRENT back. ' +
        `One log-in proved the password that we knew, and it is AWSCURRENT again (version ${oneLine(event.versionId)}). ` +
        'Other members of the secret that the person had edited were kept, unless that version was no JSON object.',
      'Until now apps that read AWSCURRENT were refused.',
    ],
    next: ['Rotation goes on as scheduled.'],
    todo: [
      showVersions(
        event,
        `See when version ${replaced} was stored, and tell whoever did it, so that it is not stored again:`,
      ),
      {
        text: 'Restart apps that hold the dead password, if they do not read the secret again by themselves.',
      },
    ],
    never: [
      'Do not store the older password again, and do not move AWSCURRENT by hand: older passwords are dead.',
    ],
    facts: [
      ['current version', oneLine(event.versionId)],
      ['replaced version', replaced],
    ],
  };
}

export function keptAside(event: KeptAside): Advice {
  return {
    headline: 'stored password works and stays',
    brief: 'Nothing to do.',
    happened: [
      `A rotation had received and sealed a new password of "${oneLine(event.username)}", but before it was stored ` +
        'somebody stored another one. One log-in proved that one: it is the newer password, and it stays AWSCURRENT. ' +
        'The sealed one is kept aside and overwrites nothing.',
    ],
    next: ['The rotation goes on from the password that works.'],
    todo: [],
    never: ['Do not store the sealed password: it is dead.'],
    facts: [['rotation of the sealed password', oneLine(event.token)]],
  };
}
