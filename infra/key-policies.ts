import { Resource } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { iamDecides } from './keys.ts';

/** The statements that an imported key needs in its own policy. */
export type ImportedKey = { key: IKey; statements: PolicyStatement[] };

/**
 * Writes statements into the policies of the keys that the stack makes. The policy of an imported key stays its owner's:
 * its statements are kept for the owner to write.
 */
export class KeyPolicies {
  readonly #imported = new Map<string, ImportedKey & { actions: Set<string> }>();

  /** @param actions the rights that IAM of this account must be able to give for an imported key */
  add(key: IKey, actions: readonly string[], statements: readonly PolicyStatement[] = []): void {
    if (Resource.isOwnedResource(key)) {
      for (const statement of statements) key.addToResourcePolicy(statement);
      return;
    }
    const known = this.#imported.get(key.keyArn) ?? { key, actions: new Set(), statements: [] };
    this.#imported.set(key.keyArn, known);
    for (const action of actions) known.actions.add(action);
    known.statements.push(...statements);
  }

  /** Returns the imported keys, each once. */
  imported(): ImportedKey[] {
    return [...this.#imported.values()].map(({ key, actions, statements }) => ({
      key,
      statements: [iamDecides([...actions].sort()), ...statements],
    }));
  }
}
