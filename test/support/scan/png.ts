import { crc32, deflateSync } from "node:zlib";

/** Eight-bit grey, row by row, 0 black. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/** The header of a picture of so many grey levels; for pictures that are never drawn, too. */
function header(width: number, height: number, depth: 1 | 8): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width);
  data.writeUInt32BE(height, 4);
  data[8] = depth;
  return chunk("IHDR", data);
}

function png(width: number, height: number, depth: 1 | 8, rows: Uint8Array): Buffer {
  const data = deflateSync(rows, { level: 9 });
  return Buffer.concat([SIGNATURE, header(width, height, depth), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))]);
}

/** A greyscale PNG (ISO/IEC 15948), with `bilevel` of black and white alone. */
export function encodePng({ width, height, pixels }: Picture, { bilevel = false } = {}): Buffer {
  const bytes_per_row = bilevel ? Math.ceil(width / 8) : width;
  const rows = new Uint8Array((bytes_per_row + 1) * height);
  for (let y = 0; y < height; y++) {
    const at = y * (bytes_per_row + 1) + 1;
    const row = pixels.subarray(y * width, (y + 1) * width);
    if (!bilevel) rows.set(row, at);
    else for (const [x, grey] of row.entries()) if (grey > 127) rows[at + (x >> 3)]! |= 0x80 >> (x & 7);
  }
  return png(width, height, bilevel ? 1 : 8, rows);
}

/** A PNG of black alone that says it is so large and holds little: what a decompression bomb looks like. */
export function blackPng(width: number, height: number): Buffer {
  return png(width, height, 1, new Uint8Array((Math.ceil(width / 8) + 1) * height));
}
