import { generateKeyPairSync, sign } from 'node:crypto';

type Options = {
  /** Whether it is a CA's. @default false */
  ca?: boolean;
  /** The year in which it begins, and the one in which it ends. @default 2020 and 2120 */
  years?: [from: number, until: number];
};

/** A key and a certificate for 127.0.0.1 and localhost, made on the spot: no private key lies in the repository. */
export function selfSigned({ ca = false, years = [2020, 2120] }: Options = {}): {
  key: string;
  cert: string;
} {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ecdsaWithSha256 = sequence(der(0x06, Buffer.from('2a8648ce3d040302', 'hex')));
  const commonName = sequence(der(0x06, Buffer.from('550403', 'hex')), der(0x0c, Buffer.from('test')));
  const name = sequence(der(0x31, commonName));
  const altNames = sequence(der(0x87, Buffer.from([127, 0, 0, 1])), der(0x82, Buffer.from('localhost')));
  const extension = sequence(der(0x06, Buffer.from('551d11', 'hex')), der(0x04, altNames));
  const isCa = der(0x04, sequence(der(0x01, Buffer.from([255]))));
  const constraints = sequence(der(0x06, Buffer.from('551d13', 'hex')), isCa);
  const times = years.map((year) => der(0x18, Buffer.from(`${year}0101000000Z`)));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    ecdsaWithSha256,
    name,
    sequence(...times),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extension, ...(ca ? [constraints] : []))),
  );
  const signature = sign('sha256', body, privateKey);
  const certificate = sequence(
    body,
    ecdsaWithSha256,
    der(0x03, Buffer.concat([Buffer.from([0]), signature])),
  );
  const lines = certificate.toString('base64').replace(/.{64}/g, '$&\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
