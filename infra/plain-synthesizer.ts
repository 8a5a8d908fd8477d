import {
  CfnParameter,
  type FileAssetLocation,
  type FileAssetSource,
  Fn,
  type ISynthesisSession,
  StackSynthesizer,
} from 'aws-cdk-lib';

/** A directory that the template expects as `<key>` below its prefix, zipped. */
export type Archive = { directory: string; key: string };

/**
 * Writes a template that needs no bootstrap of CDK: two parameters name the bucket and the prefix of the functions'
 * archives.
 */
export class PlainSynthesizer extends StackSynthesizer {
  readonly archives: Archive[] = [];
  #location: { bucket: CfnParameter; prefix: CfnParameter } | undefined;

  override addFileAsset({ fileName = '', sourceHash }: FileAssetSource): FileAssetLocation {
    const { bucket, prefix } = this.#parameters();
    const key = `${sourceHash}.zip`;
    if (!this.archives.some((archive) => archive.key === key))
      this.archives.push({ directory: fileName, key });
    const bucketName = bucket.valueAsString;
    const objectKey = Fn.join('', [prefix.valueAsString, key]);
    return { bucketName, objectKey, httpUrl: '', s3ObjectUrl: Fn.join('/', ['s3:/', bucketName, objectKey]) };
  }

  override addDockerImageAsset(): never {
    throw new Error('The stack has no image: its functions are archives.');
  }

  override synthesize(session: ISynthesisSession): void {
    this.synthesizeTemplate(session);
    this.emitArtifact(session);
  }

  #parameters() {
    this.#location ??= {
      bucket: new CfnParameter(this.boundStack, 'AssetBucket', {
        type: 'String',
        description: 'The bucket with the archives of the functions, in the region of the stack',
        allowedPattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$',
      }),
      prefix: new CfnParameter(this.boundStack, 'AssetPrefix', {
        type: 'String',
        default: '',
        description:
          'The beginning of the names of the archives in the bucket: empty, or with a slash at its end',
        allowedPattern: '^([^/].*/)?$',
      }),
    };
    return this.#location;
  }
}
