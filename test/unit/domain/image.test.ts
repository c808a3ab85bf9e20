import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBase64 } from "#core/domain/base64.ts";
import { readImageHeader } from "#core/domain/image/header.ts";
import { exifOrientation } from "#core/domain/image/orientation.ts";
import { blackPng } from "../../support/scan/png.ts";
import { SAMPLES } from "../../support/scan/samples.ts";

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));

describe("base64", () => {
  test("gives the bytes that were encoded", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(decodeBase64(Buffer.from(bytes).toString("base64"))).toEqual(bytes);
      }),
    );
  });

  test("has one text for the same bytes: any other is refused", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40, unit: fc.constantFrom(...Array.from("AQgwz059+/==é ")) }), (text) => {
        const bytes = decodeBase64(text);
        if (bytes !== undefined) expect(Buffer.from(bytes).toString("base64")).toBe(text);
      }),
    );
  });

  test.each(["QQ", "QQ=", "QR==", "QUJ=", "QUI=QUI=", "QU I=", "QUI=\n", "QUI-", "====", "é+=="])(
    "refuses %j",
    (text) => {
      expect(decodeBase64(text)).toBeUndefined();
    },
  );
});

describe("the header of an image", () => {
  const upright = { width: 279, height: 76, orientation: 1 };

  test.each([
    ["jpeg", { format: "jpeg", ...upright }],
    ["progressive_jpeg", { format: "jpeg", ...upright }],
    ["jpeg_on_its_side", { format: "jpeg", width: 76, height: 279, orientation: 6 }],
    ["webp", { format: "webp", ...upright }],
    ["lossless_webp", { format: "webp", ...upright }],
    ["extended_webp", { format: "webp", ...upright }],
  ] as const)("of the sample %s tells its size", (name, header) => {
    expect(readImageHeader(bytesOf(SAMPLES[name]))).toEqual(header);
  });

  test("of a PNG tells its size, however large", () => {
    expect(readImageHeader(blackPng(70_000, 3))).toEqual({ format: "png", width: 70_000, height: 3, orientation: 1 });
  });

  test("is none for what moves, and for other formats", () => {
    expect(readImageHeader(bytesOf(SAMPLES.animated_webp))).toBeUndefined();
    expect(readImageHeader(bytesOf(SAMPLES.gif))).toBeUndefined();
    expect(readImageHeader(new Uint8Array())).toBeUndefined();
  });

  test("never throws, wherever an image breaks off and whatever byte is changed", () => {
    const whole = Object.values(SAMPLES).map(bytesOf);
    for (const bytes of whole) {
      for (let end = 0; end < Math.min(bytes.length, 700); end++) readImageHeader(bytes.subarray(0, end));
    }
    const damage = fc.tuple(fc.constantFrom(...whole), fc.nat(700), fc.nat(255));
    fc.assert(
      fc.property(damage, ([bytes, at, byte]) => {
        const damaged = bytes.with(at % bytes.length, byte);
        const header = readImageHeader(damaged);
        if (header !== undefined) expect(Math.min(header.width, header.height)).toBeGreaterThan(0);
      }),
      { numRuns: 2_000 },
    );
  });

  test("takes an orientation from EXIF in either order of bytes, and none that there is not", () => {
    const exif = (orientation: number, little: boolean) => {
      const data = Buffer.alloc(32);
      data.write("Exif\0\0", "latin1");
      const [short, long] = little
        ? ([data.writeUInt16LE, data.writeUInt32LE] as const)
        : ([data.writeUInt16BE, data.writeUInt32BE] as const);
      data.write(little ? "II" : "MM", 6, "latin1");
      short.call(data, 42, 8);
      long.call(data, 8, 10);
      short.call(data, 1, 14);
      short.call(data, 0x0112, 16);
      short.call(data, 3, 18);
      long.call(data, 1, 20);
      short.call(data, orientation, 24);
      return data;
    };
    for (const little of [true, false]) {
      for (let orientation = 1; orientation <= 8; orientation++) {
        expect(exifOrientation(exif(orientation, little))).toBe(orientation);
      }
      expect(exifOrientation(exif(9, little))).toBe(1);
      expect(exifOrientation(exif(6, little).subarray(0, 20))).toBe(1);
    }
  });
});
