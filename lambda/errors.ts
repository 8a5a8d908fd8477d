/**
 * The base of every error that this product writes itself. It means that neither the message nor
 * the chain of causes carries a password, a session token, a key, or a request or response that may hold one.
 * `lambda/rotation/failure.ts` lets only these out of the function as they are.
 */
export class PresentableError extends Error {
  override readonly name: string = 'PresentableError';
}
