/** An error of a stand-in, named as the AWS API reference names it. */
export class AwsFailure extends Error {
  readonly status: number;

  /** @param name the exception as the SDK calls it; @param status HTTP status, 400 for a caller's fault. */
  constructor(name: string, message: string, status = 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}
