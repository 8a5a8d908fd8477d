import type { Mutant } from './mutants.ts';

/** The rules of the settings that choose between SOAP and REST. */
export const transportMutants: Mutant[] = [
  {
    rule: 'no password goes to an address of the other API',
    file: 'lambda/settings.ts',
    find: 'if (other !== transport) {',
    replace: 'if (false as boolean) {',
    noticedBy: 'test/settings.test.ts',
  },
];
