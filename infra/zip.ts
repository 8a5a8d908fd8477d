import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';

/** 1 January 1980, the earliest date that the format knows: the same files give the same archive. */
const DATE = 0x0021;
/** A regular file that every user may read: Lambda runs the function as another user. */
const MODE = (0o100644 << 16) >>> 0;
const VERSION = 20;
const MADE_BY_UNIX = (3 << 8) | VERSION;
const UTF_8 = 0x0800;
const DEFLATED = 8;

/** Returns the files below a directory as a zip archive (APPNOTE.TXT 6.3.10), names in order, without times. */
export function zipOf(directory: string): Buffer {
  const names = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
  const contents: Buffer[] = [];
  const index: Buffer[] = [];
  let offset = 0;
  for (const name of names) {
    const common = commonHeader(readFileSync(path.join(directory, name)), name);
    const local = Buffer.concat([words([0x50, 0x4b, 0x03, 0x04]), common.header, common.name, common.data]);
    index.push(indexEntry(common, offset));
    contents.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(index);
  return Buffer.concat([...contents, central, endOf(names.length, central.length, offset)]);
}

type Common = { header: Buffer; name: Buffer; data: Buffer };

/** The part that a file's own header and its entry in the index share: 26 bytes, from the version on. */
function commonHeader(content: Buffer, fileName: string): Common {
  const name = Buffer.from(fileName);
  const data = deflateRawSync(content, { level: 9 });
  const header = Buffer.alloc(26);
  header.writeUInt16LE(VERSION, 0);
  header.writeUInt16LE(UTF_8, 2);
  header.writeUInt16LE(DEFLATED, 4);
  header.writeUInt16LE(DATE, 8);
  header.writeUInt32LE(crc32(content), 10);
  header.writeUInt32LE(data.length, 14);
  header.writeUInt32LE(content.length, 18);
  header.writeUInt16LE(name.length, 22);
  return { header, name, data };
}

function indexEntry({ header, name }: Common, offset: number): Buffer {
  const madeBy = Buffer.alloc(2);
  madeBy.writeUInt16LE(MADE_BY_UNIX, 0);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(MODE, 6);
  rest.writeUInt32LE(offset, 10);
  return Buffer.concat([words([0x50, 0x4b, 0x01, 0x02]), madeBy, header, rest, name]);
}

function endOf(count: number, indexLength: number, indexOffset: number): Buffer {
  const end = Buffer.alloc(18);
  end.writeUInt16LE(count, 4);
  end.writeUInt16LE(count, 6);
  end.writeUInt32LE(indexLength, 8);
  end.writeUInt32LE(indexOffset, 12);
  return Buffer.concat([words([0x50, 0x4b, 0x05, 0x06]), end]);
}

const words = (bytes: number[]) => Buffer.from(bytes);
