import { randomOf } from './choice.ts';
import { requestTree, writerFrom } from './elements.ts';
import { chooseMutations } from './mutations.ts';

/** A request of a caller that may do everything, spoiled in one of many ways. */
export type Mutated = {
  service: string;
  operation: string;
  /** The bytes of its body. */
  body: Buffer;
  /** The ways, for people. */
  mutations: string[];
};

/** Returns the request of this number: the same seed gives the same one. */
export function soapRequest(seed: number, number: number): Mutated {
  const random = randomOf(seed, number);
  const { service, operation, root } = requestTree(random);
  const { names, tree, text, bytes } = chooseMutations(random);
  for (const mutate of tree) mutate(root, random);
  const written = text.reduce((source, mutate) => mutate(source, random), writerFrom(random)(root));
  // A client that follows the mutated Body; SOAPAction would contradict it otherwise.
  const body = root.content.find(
    (part) => typeof part === 'object' && 'name' in part && part.name === 'Body',
  );
  const [first] = typeof body === 'object' && 'name' in body ? body.content : [];
  const named = typeof first === 'object' && 'name' in first ? first.name : operation;
  const action = random.oneIn(12) || !/^[A-Za-z]\w*$/.test(named) ? operation : named;
  const encoded = bytes.reduce<Buffer>((made, mutate) => mutate(made, random), Buffer.from(written));
  return { service, operation: action, body: encoded, mutations: names };
}
