import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { found } from "./compliance-fixture.ts";

describe("what only looks alike", () => {
  test.each([
    // ISO 2108: the ISBN manual's examples, and bar codes of the shape of a 13-digit Visa.
    ["ISBNs", "ISBN 978-0-571-08989-5, 9780571089895, 0-571-08989-5, 978-92-95055-02-5"],
    ["bar codes", "EAN 4006381333931 5901234123457 4003994155486"],
    [
      "version numbers",
      'v1.2.3.4 version 10.0.19.5 Version: 4.18.0.1 version="2.0.0.0" 1.2.3 release 9.9.9.9 1.2.3.4-beta',
    ],
    ["products of a user agent", "Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36"],
    ["sections", "see § 4.3.2.1 and rfc2616#section-8.1.2.2 and section 1.2.3.4 and RFC 5321 4.5.3.1.1"],
    ["object identifiers", "OID 1.3.6.1.4.1.311.21.20"],
    ["masks and wildcards", "255.255.255.0 255.255.255.255 0.0.0.0 0.0.0.255"],
    ["numbers out of an octet's range", "256.1.1.1 1.2.3.999 01.02.03.04"],
    ["timestamps", "1700000000 1700000000000 1700000000000000 20261120221400 2026-11-20T22:14:00.123456789Z"],
    ["times and dates", "12:34:56 12:34:56.789 2026-11-20 20.11.2026 20-11-2026 11/20/2026 +02:00 -0500"],
    ["order numbers", "Order 1234567890, invoice 2026-000123456, no. 4155552671, PO-4500012345, #100200300400"],
    ["tracking numbers", "1Z999AA10123456784 9400111899223197428490 420901239400111899223197428490"],
    ["IMEI and ICCID", "IMEI 490154203237518, 356938035643809; ICCID 89014103211118510720"],
    ["UUIDs", "123e4567-e89b-12d3-a456-426614174000 a1b2c3d4-4242-4242-8242-424242424242"],
    ["UUIDs that end in a card number", "00000000-0000-0000-0000-630400000000 00000000-0000-0000-0000-501800000009"],
    ["MAC and EUI-64 addresses", "00:1A:2B:3C:4D:5E 00-1A-2B-3C-4D-5E 00:1A:2B:FF:FE:3C:4D:5E"],
    [
      "fingerprints",
      "SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8 16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48",
    ],
    ["names with two colons", "std::vector<a::b> Foo::Bar dead::beef x::1 ::f1() a::b1 arn:aws:iam::123456789012:root"],
    ["decimals", "3.141592653589793 0.4242424242424242 4,242,424,242,424,242 1234.5678"],
    ["sums and diffs", "C++11 +1 +1000000 + 4915112345678 a+14155552671 1+14155552671"],
    ["lists of numbers", "100 200 3000 4000, 12 212 555 0100 13, 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16"],
    ["longer numbers", "42424242424242424242424242 1234-4242-4242-4242-4242-1234 5123-45-67890 123-45-6789-1"],
    ["tickets and part numbers", "ABC-123-45-6789 12-345-6789 AB12 CD34 EF56, DE89X, GB29 NWBK 6016"],
    [
      "handles and files",
      "@ada@mastodon.example icon@2x.png hero@1.5x.min.js git@github.com:a/b.git pkg@1.2.3 a@b @decorator.name",
    ],
    ["local parts that no server takes", `${"a".repeat(65)}@example.com ${"a".repeat(500)}@example.com .@example.com`],
    [
      "prose about keys",
      "Keys begin with AKIA, ghp_ or sk_live_; a JWT with eyJ; and xoxb-your-token-goes-here-please",
    ],
    ["identifiers with prefixes", "task_live_abcdefghijklmnopqrstuv MAKIAIOSFODNN7EXAMPLEX AKIAIOSFODNN7EXAMPLES"],
  ])("%s", async (_, text) => expect(await found(text)).toEqual([]));

  test("hexadecimal digests of any kind, in either case, are nothing", async () => {
    const kinds = ["md5", "sha1", "sha256", "sha512"];
    const digestsOf = (seed: number) =>
      kinds
        .map((kind) => createHash(kind).update(String(seed)).digest("hex"))
        .flatMap((hex) => [hex, hex.toUpperCase()]);
    for (let first = 0; first < 250; first += 50) {
      const digests = Array.from({ length: 50 }, (_, nth) => digestsOf(first + nth)).flat();
      expect(await found(digests.join("\n"))).toEqual([]);
    }
  });

  test("no UUID is anything", async () => {
    const uuids = fc.array(fc.uuid(), { minLength: 50, maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(uuids, async (list) => {
        expect(await found(list.join(" "))).toEqual([]);
      }),
      { numRuns: 50, seed: 7 },
    );
  });

  test("a UUID of digits alone is none either", async () => {
    const digits = (length: number) =>
      fc.string({ unit: fc.constantFrom(..."0123456789".split("")), minLength: length, maxLength: length });
    const uuid = fc.tuple(digits(8), digits(4), digits(4), digits(4), digits(12)).map((groups) => groups.join("-"));
    await fc.assert(
      fc.asyncProperty(fc.array(uuid, { minLength: 100, maxLength: 100 }), async (list) => {
        expect(await found(list.join("\n"))).toEqual([]);
      }),
      { numRuns: 50, seed: 7 },
    );
  });

  test("times from 1970 to 2040 in any unit are no cards and no phone numbers", async () => {
    const time = fc.integer({ min: 0, max: 2_208_988_799_999 });
    await fc.assert(
      fc.asyncProperty(time, async (ms) => {
        const compact = new Date(ms).toISOString().replace(/\D/g, "");
        const written = [
          Math.floor(ms / 1000),
          ms,
          ms * 1000,
          compact,
          compact.slice(0, 14),
          new Date(ms).toISOString(),
        ];
        expect(await found(written.join(" | "))).toEqual([]);
      }),
      { numRuns: 500, seed: 7 },
    );
  });
});
