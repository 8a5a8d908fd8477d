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
  {
    rule: 'no access function is made beside REST',
    file: 'infra/access-function.ts',
    find: "if (service.transport !== 'soap') throw new AccessTransportError();",
    replace: '',
    noticedBy: 'test/infra/config.test.ts',
    testName: 'makes no access function',
  },
];
