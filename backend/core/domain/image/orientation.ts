/** The tag of the orientation in TIFF 6.0 and EXIF: 1 is upright; from 5 on, width and height change places. */
const ORIENTATION = 0x0112;
const SHORT = 3;
const MAX_FIELDS = 256;

/** The orientation, 1 to 8, in the EXIF data of a JPEG's APP1 segment (without its length); 1 without one. */
export function exifOrientation(segment: Uint8Array): number {
  const prefix = [...segment.subarray(0, 6)].map((byte) => String.fromCharCode(byte)).join("");
  if (prefix !== "Exif\0\0" || segment.length < 14) return 1;
  const tiff = new DataView(segment.buffer, segment.byteOffset + 6, segment.length - 6);
  const mark = tiff.getUint16(0);
  if (mark !== 0x4949 && mark !== 0x4d4d) return 1;
  const little = mark === 0x4949;
  const directory = tiff.getUint32(4, little);
  if (directory + 2 > tiff.byteLength) return 1;
  const fields = Math.min(tiff.getUint16(directory, little), MAX_FIELDS);
  for (let field = 0; field < fields; field++) {
    const at = directory + 2 + field * 12;
    if (at + 12 > tiff.byteLength) return 1;
    if (tiff.getUint16(at, little) !== ORIENTATION || tiff.getUint16(at + 2, little) !== SHORT) continue;
    const orientation = tiff.getUint16(at + 8, little);
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
  }
  return 1;
}
