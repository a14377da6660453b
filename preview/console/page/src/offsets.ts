// The server counts bytes of UTF-8; the editor counts UTF-16 units.

/** Returns a function from a byte offset into text, as UTF-8, to an index into text. */
export function byteOffsets(text: string): (offset: number) => number {
  // Only ASCII up to here: both counts are the same.
  let ascii = 0;
  while (ascii < text.length && text.charCodeAt(ascii) < 0x80) ascii++;
  return (offset) => {
    if (offset <= ascii) return Math.max(0, offset);
    let bytes = ascii;
    let index = ascii;
    while (index < text.length && bytes < offset) {
      const point = text.codePointAt(index) as number;
      bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
      index += point < 0x10000 ? 1 : 2;
    }
    return index;
  };
}
