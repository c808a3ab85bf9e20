import { analyse } from "chardet";

/** Browsers keep to a declaration that comes later than the standard's 1,024 bytes too. */
const SNIFFED_BYTES = 16_384;
/** By so much of a text its encoding is guessed. */
const GUESSED_BYTES = 65_536;
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

/** Encodings by the least confidence of a guess that counts: those with letters of their own are hardly taken for Latin. */
const GUESSED: readonly (readonly [names: RegExp, confidence: number])[] = [
  [/^(?:Shift_JIS|EUC-JP|EUC-KR|GB18030|Big5|ISO-2022-[A-Z]+|windows-125[13]|KOI8-R|ISO-8859-[567]|UTF-16[BL]E)$/, 20],
  [/^(?:windows-125[04]|ISO-8859-[29])$/, 40],
];
/** A shorter text says too little of its letters. */
const LEAST_FOREIGN_BYTES = 16;

function isUtf8(body: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(body);
    return true;
  } catch {
    return false;
  }
}

/** The encoding of text whose author names none and that is no UTF-8: by its letters, else windows-1252, as in browsers. */
function guessed(body: Uint8Array): string {
  const sample = body.subarray(0, GUESSED_BYTES);
  const foreign = sample.reduce((count, byte) => count + Number(byte >= 0x80), 0);
  const [best] = foreign < LEAST_FOREIGN_BYTES ? [] : analyse(sample);
  const isLikely =
    best !== undefined && GUESSED.some(([names, least]) => names.test(best.name) && best.confidence >= least);
  return isLikely ? best.name : "windows-1252";
}

/** `markup`: may declare its own encoding. `json`: is UTF-8 whatever it looks like. */
export type TextKind = "markup" | "json" | "plain";

/**
 * Decodes a body by byte order mark, else header label, else (for markup) its own declaration, else as UTF-8 where it is that,
 * else as what its letters look like.
 */
export function decodeText(body: Uint8Array, charset: string | null, kind: TextKind): string {
  const mark = BOMS.find(([, bytes]) => bytes.every((byte, index) => body[index] === byte))?.[0];
  const labels = [mark, charset, kind === "markup" ? declared(body) : undefined];
  for (const label of labels) {
    const decoder = label ? decoderFor(label) : undefined;
    if (decoder !== undefined) return decoder.decode(body);
  }
  const decoder = kind === "json" || isUtf8(body) ? undefined : decoderFor(guessed(body));
  return (decoder ?? new TextDecoder()).decode(body);
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
