import { exifOrientation } from "./orientation.ts";

type ImageFormat = "png" | "jpeg" | "webp";

/** What the first bytes of an image say of it, before anything is decoded; sides are in pixels, as stored. */
export interface ImageHeader {
  readonly format: ImageFormat;
  readonly width: number;
  readonly height: number;
  /** How it is to be turned for its viewer: EXIF's number, 1 where nothing is to be done. */
  readonly orientation: number;
}

type Sides = Pick<ImageHeader, "width" | "height">;

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52];
const JPEG_SIGNATURE = [0xff, 0xd8, 0xff];
const APP1 = 0xe1;
/** In VP8X: a canvas that moves. */
const ANIMATED = 0x02;

const beginsWith = (bytes: Uint8Array, signature: readonly number[]) =>
  signature.every((byte, index) => bytes[index] === byte);
const textAt = (bytes: Uint8Array, at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** ISO/IEC 15948, 11.2.1: the IHDR chunk comes first. */
function pngSides(bytes: Uint8Array): Sides | undefined {
  if (bytes.length < 33) return undefined;
  const view = viewOf(bytes);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

const isFrame = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
const standsAlone = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);

/** ITU-T T.81, annex B: segments up to the first frame header. */
function jpegHeader(bytes: Uint8Array): Omit<ImageHeader, "format"> | undefined {
  const view = viewOf(bytes);
  let orientation = 1;
  for (let at = 2; at + 9 <= bytes.length;) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) at += 1;
    else if (standsAlone(marker)) at += 2;
    else if (isFrame(marker)) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5), orientation };
    else {
      const length = view.getUint16(at + 2);
      if (length < 2) return undefined;
      if (marker === APP1) orientation = exifOrientation(bytes.subarray(at + 4, at + 2 + length));
      at += 2 + length;
    }
  }
  return undefined;
}

/** RFC 9649: the first chunk of a lossy, lossless or extended file. */
function webpSides(bytes: Uint8Array): Sides | undefined {
  if (bytes.length < 30) return undefined;
  const view = viewOf(bytes);
  switch (textAt(bytes, 12)) {
    case "VP8 ":
      if (!beginsWith(bytes.subarray(23), [0x9d, 0x01, 0x2a])) return undefined;
      return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
    case "VP8L": {
      const bits = view.getUint32(21, true);
      if (bytes[20] !== 0x2f) return undefined;
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case "VP8X": {
      if ((view.getUint8(20) & ANIMATED) !== 0) return undefined;
      const side = (at: number) => (view.getUint16(at, true) | (view.getUint8(at + 2) << 16)) + 1;
      return { width: side(24), height: side(27) };
    }
    default:
      return undefined;
  }
}

/** The header of a still PNG, JPEG or WebP; undefined for anything else, or where it breaks off or has no size. */
export function readImageHeader(bytes: Uint8Array): ImageHeader | undefined {
  const header = readAny(bytes);
  return header === undefined || header.width === 0 || header.height === 0 ? undefined : header;
}

function readAny(bytes: Uint8Array): ImageHeader | undefined {
  if (beginsWith(bytes, PNG_SIGNATURE)) {
    const sides = pngSides(bytes);
    return sides && { format: "png", ...sides, orientation: 1 };
  }
  if (beginsWith(bytes, JPEG_SIGNATURE)) {
    const header = jpegHeader(bytes);
    return header && { format: "jpeg", ...header };
  }
  if (textAt(bytes, 0) === "RIFF" && textAt(bytes, 8) === "WEBP") {
    const sides = webpSides(bytes);
    return sides && { format: "webp", ...sides, orientation: 1 };
  }
  return undefined;
}
