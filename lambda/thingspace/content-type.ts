/** The kind of a Content-Type, in fixed words: the header itself is the server's text. */
export type MediaKind = 'XML' | 'HTML' | 'JSON' | 'plain text' | 'no media type' | 'another media type';

export function mediaKindOf(contentType: string | undefined): MediaKind {
  if (contentType === undefined) return 'no media type';
  const mediaType = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (mediaType.endsWith('html') || mediaType.endsWith('xhtml+xml')) return 'HTML';
  if (mediaType.endsWith('/xml') || mediaType.endsWith('+xml')) return 'XML';
  if (mediaType.endsWith('json')) return 'JSON';
  return mediaType === 'text/plain' ? 'plain text' : 'another media type';
}

/** Returns every charset that a Content-Type names, in lower case. */
export function charsetsIn(contentType: string): string[] {
  const named = contentType.matchAll(/\bcharset\s*=\s*["']?([^\s;,"']*)/gi);
  return [...named].map((match) => (match[1] ?? '').toLowerCase());
}

/** Returns the encoding that an XML declaration at the beginning of a text names, in lower case. */
export function encodingDeclaredIn(xml: string): string | undefined {
  return /^\uFEFF?<\?xml\s[^>]*?encoding\s*=\s*["']([^"']*)["']/.exec(xml)?.[1]?.toLowerCase();
}

/** Returns the codings of a Content-Encoding that change the bytes, in the order in which they were applied. */
export function codingsIn(contentEncoding: string | undefined): string[] {
  const named = (contentEncoding ?? '').split(',').map((coding) => coding.trim().toLowerCase());
  return named.filter((coding) => coding !== '' && coding !== 'identity');
}
