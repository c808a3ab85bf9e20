import { strFromU8, strToU8, unzipSync, zipSync } from "fflate";
import { URL_LIMITS } from "#core/domain/packs/url.ts";
import { UnreadableDocument } from "./document.ts";

const MAX_ENTRIES = 5_000;
/** Parts that hold no text of the document itself. */
const UNREAD = /(?:^|\/)(?:theme|embeddings|media|customXml|glossary|fonts|webextensions)\/|comments[^/]*\.xml$/i;

const OLE = [0xd0, 0xcf, 0x11, 0xe0];

function refuseOther(body: Uint8Array): void {
  if (body[0] === 0x50 && body[1] === 0x4b) return;
  if (OLE.every((byte, at) => body[at] === byte)) {
    const isEncrypted = Buffer.from(body).includes(Buffer.from("EncryptedPackage", "utf16le"));
    if (isEncrypted)
      throw new UnreadableDocument("DOCUMENT_ENCRYPTED", "The DOCX cannot be opened without a password.");
  }
  throw new UnreadableDocument("DOCUMENT_BROKEN", "The body is no DOCX that can be read.");
}

/**
 * The parts of a DOCX that have its text, by path, as text. No more is unpacked than they claim, and that is bounded before
 * anything is: what claims less than it has is cut there. Throws UnreadableDocument.
 */
export function docxParts(body: Uint8Array): Map<string, string> {
  refuseOther(body);
  let entries = 0;
  let unpacked = 0;
  const isRead = (file: { readonly name: string; readonly originalSize: number }): boolean => {
    entries += 1;
    const isText = /\.(?:xml|rels)$/i.test(file.name) && !UNREAD.test(file.name);
    unpacked += isText ? file.originalSize : 0;
    if (entries <= MAX_ENTRIES && unpacked <= URL_LIMITS.max_unpacked_bytes) return isText;
    const most = `${MAX_ENTRIES} files, of which those with text have ${URL_LIMITS.max_unpacked_bytes} bytes`;
    throw new UnreadableDocument("DOCUMENT_TOO_LARGE", `The DOCX unpacks to more than ${most}.`);
  };
  try {
    const files = Object.entries(unzipSync(body, { filter: isRead }));
    return new Map(files.map(([name, bytes]) => [name, strFromU8(bytes)]));
  } catch (error) {
    if (error instanceof UnreadableDocument) throw error;
    throw new UnreadableDocument("DOCUMENT_BROKEN", "The DOCX is a broken archive.");
  }
}

/** The parts in an archive again. */
export const packed = (parts: ReadonlyMap<string, string>): Uint8Array =>
  zipSync(Object.fromEntries([...parts].map(([name, text]) => [name, strToU8(text)])), { level: 0 });
