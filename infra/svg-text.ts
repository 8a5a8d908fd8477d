/** Wide enough for Helvetica and Arial: no line of a picture is wider when a browser draws it. */
export const widthOf = (words: string, size: number): number => words.length * size * 0.54;
