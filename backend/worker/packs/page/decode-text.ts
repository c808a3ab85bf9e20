const SNIFFED_BYTES = 1_024;
const META = /<meta[^>]+charset\s*=\s*["']?\s*([\w:.-]+)/i;
const XML = /^<\?xml[^>]+encoding\s*=\s*["']([\w:.-]+)/i;

const BOMS: readonly (readonly [label: string, bytes: readonly number[]])[] = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16be", [0xfe, 0xff]],
  ["utf-16le", [0xff, 0xfe]],
];

function decoderFor(label: string): TextDecoder | undefined {
  try {
    return new TextDecoder(label);
  } catch {
    return undefined;
  }
}

// A document that could be read as ASCII up to its declaration is not UTF-16, whatever it declares.
function declared(body: Uint8Array): string | undefined {
  const head = new TextDecoder("latin1").decode(body.subarray(0, SNIFFED_BYTES));
  const label = XML.exec(head)?.[1] ?? META.exec(head)?.[1];
  return label !== undefined && /^utf-?16/i.test(label) ? "utf-8" : label;
}

/** Decodes a body by byte order mark, else header label, else (for markup) its own declaration, else as UTF-8. */
export function decodeText(body: Uint8Array, charset: string | null, isMarkup: boolean): string {
  const mark = BOMS.find(([, bytes]) => bytes.every((byte, index) => body[index] === byte))?.[0];
  const labels = [mark, charset, isMarkup ? declared(body) : undefined];
  for (const label of labels) {
    const decoder = label ? decoderFor(label) : undefined;
    if (decoder !== undefined) return decoder.decode(body);
  }
  return new TextDecoder().decode(body);
}

/**
 * Control characters but tab and newlines become U+FFFD: each would take six bytes in JSON and says nothing. So does a
 * lone surrogate, which no result can hold: JSON inside a page may have one.
 */
export function printable(text: string): string {
  return text.toWellFormed().replace(/[^\P{Cc}\t\n\r]/gu, "\uFFFD");
}

/** At most `max` UTF-16 units of a text, never half a character. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const last = text.charCodeAt(max - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? max - 1 : max);
}
