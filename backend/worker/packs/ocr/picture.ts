import { decode } from "fast-png";

/** Eight-bit grey, row by row, 0 black. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** Samples of fewer than eight bits, each row of which begins with a byte of its own, as levels of grey. */
function unpack(packed: Uint8Array, width: number, height: number, depth: number): Uint8Array {
  const pixels = new Uint8Array(width * height);
  const stride = Math.ceil((width * depth) / 8);
  const most = 2 ** depth - 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      const sample = (packed[y * stride + (bit >> 3)]! >> (8 - depth - (bit & 7))) & most;
      pixels[y * width + x] = Math.round((sample * 255) / most);
    }
  }
  return pixels;
}

/** A grey PNG as the engine writes it; one of black and white alone has a bit for each pixel. */
export function fromPng(png: Uint8Array): Picture {
  const { width, height, channels, depth, data } = decode(png);
  if (channels !== 1 || !(data instanceof Uint8Array)) throw new Error("the engine wrote no grey image");
  return { width, height, pixels: depth === 8 ? data : unpack(data, width, height, depth) };
}

/** As a binary PGM, which the engine reads without decompressing. */
export function toPgm({ width, height, pixels }: Picture): Uint8Array {
  const header = new TextEncoder().encode(`P5\n${width} ${height}\n255\n`);
  const bytes = new Uint8Array(header.length + pixels.length);
  bytes.set(header);
  bytes.set(pixels, header.length);
  return bytes;
}

/** Catmull-Rom weights of the four samples around a point that is `t` behind the second. */
function weights(t: number): readonly [number, number, number, number] {
  return [
    ((-t + 2) * t - 1) * t * 0.5,
    ((3 * t - 5) * t * t + 2) * 0.5,
    ((-3 * t + 4) * t + 1) * t * 0.5,
    (t - 1) * t * t * 0.5,
  ];
}

/** The weights for each of the `times` places between two samples, and how far before its sample a place is. */
function phases(times: number) {
  return Array.from({ length: times }, (_, phase) => {
    const at = (phase + 0.5) / times - 0.5;
    const back = at < 0 ? 1 : 0;
    return { back, of: weights(at + back) };
  });
}

/** Stretches the rows of a picture, of which every sample is `step` apart and every row `stride`. */
function stretch(from: Uint8Array, count: number, length: number, times: number, vertical: boolean): Uint8Array {
  const to = new Uint8Array(from.length * times);
  const steps = phases(times);
  const last = length - 1;
  for (let row = 0; row < count; row++) {
    for (let at = 0; at < length * times; at++) {
      const { back, of } = steps[at % times]!;
      const first = Math.floor(at / times) - back - 1;
      let value = 0;
      for (let tap = 0; tap < 4; tap++) {
        const source = Math.max(0, Math.min(last, first + tap));
        value += of[tap]! * from[vertical ? source * count + row : row * length + source]!;
      }
      to[vertical ? at * count + row : row * length * times + at] = Math.max(0, Math.min(255, Math.round(value)));
    }
  }
  return to;
}

/** A picture so many times as large each way, by cubic interpolation. */
export function enlarge({ width, height, pixels }: Picture, times: number): Picture {
  const wide = stretch(pixels, height, width, times, false);
  const whole = stretch(wide, width * times, height, times, true);
  return { width: width * times, height: height * times, pixels: whole };
}
