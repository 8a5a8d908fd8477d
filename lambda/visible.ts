/** White space, format characters (zero-width ones among them), and the Braille pattern without dots. */
const INVISIBLE = /^[\s\p{Z}\p{Cf}\u0085\u2800]*$/u;

/**
 * Reports whether a text shows no character at all. A server that fills an empty element does it like this, so such a
 * text is neither a password nor a token. Beside a visible character every other one is kept.
 */
export const isInvisible = (text: string): boolean => INVISIBLE.test(text);
