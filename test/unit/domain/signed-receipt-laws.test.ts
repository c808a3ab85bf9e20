import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "#core/domain/idempotency.ts";
import { formatUsd, micros } from "#core/domain/money.ts";
import { anyKeySet, privateKey, verifyingKeys } from "#core/domain/receipt-key.ts";
import { type ClosedRun, receiptClaims, receiptPayload } from "#core/domain/signed-receipt.ts";

const ISS = "https://api.example";
const hex = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("hex"));
const time = fc.date({ min: new Date("2020-01-01"), max: new Date("2200-01-01"), noInvalidDate: true });

const closedRun: fc.Arbitrary<ClosedRun> = fc
  .record({
    run_id: fc.uuid(),
    tenant_id: fc.uuid(),
    pack_type: fc.constantFrom("decision", "url", "eval"),
    pack_version: fc.constant("1.0.0"),
    status: fc.constantFrom("COMPLETED", "FAILED", "CANCELED"),
    payload_sha256: hex,
    result_sha256: hex,
    result_bytes: fc.nat(),
    reserved: fc.maxSafeNat(),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    minimum_fee: fc.nat(),
    reason_code: fc.option(fc.string({ minLength: 1, unit: "binary" })),
    created_at: time,
    started_at: fc.option(time),
    finished_at: time,
  })
  .map(({ reserved, share, minimum_fee, result_sha256, result_bytes, ...run }) => ({
    ...run,
    result_sha256: run.status === "COMPLETED" ? result_sha256 : null,
    result_bytes: run.status === "COMPLETED" ? result_bytes : null,
    reserved_micros: micros(reserved),
    charged_micros: micros(Math.floor(reserved * share)),
    minimum_fee_micros: micros(minimum_fee),
  }));

describe("the payload of a receipt", () => {
  test("says every figure of its run, and reads back as claims", () => {
    fc.assert(
      fc.property(closedRun, (run) => {
        const claims = receiptClaims.parse(JSON.parse(receiptPayload(ISS, run)));
        expect(claims).toMatchObject({
          iss: ISS,
          sub: run.run_id,
          tenant_id: run.tenant_id,
          status: run.status,
          payload_sha256: run.payload_sha256,
          result_sha256: run.result_sha256,
          reserved_usd: formatUsd(run.reserved_micros),
          charged_usd: formatUsd(micros(Number(run.charged_micros))),
          finished_at: run.finished_at?.toISOString(),
        });
        const late_ms = Number(run.finished_at?.getTime()) - claims.iat * 1000;
        expect(late_ms >= 0 && late_ms < 1000).toBe(true);
      }),
    );
  });

  test("is the same text for the same run, whatever the order of its columns", () => {
    fc.assert(
      fc.property(closedRun, (run) => {
        const turned = Object.fromEntries(Object.entries(run).toReversed()) as unknown as ClosedRun;
        const text = receiptPayload(ISS, run);
        expect(receiptPayload(ISS, turned)).toBe(text);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  test("is never made of a run that is not over, or that contradicts itself", () => {
    const [run] = fc.sample(
      closedRun.filter(({ status }) => status === "COMPLETED"),
      1,
    );
    if (run === undefined) throw new Error("no sample");
    const over = micros(run.reserved_micros + 1);
    const wrong: readonly Partial<ClosedRun>[] = [
      { status: "PROCESSING" },
      { status: "EXPIRED" },
      { status: "FAILED" },
      { finished_at: null },
      { charged_micros: null },
      { charged_micros: over },
      { result_sha256: null },
      { result_bytes: null },
    ];
    for (const change of wrong)
      expect(() => receiptPayload(ISS, { ...run, ...change }), JSON.stringify(change)).toThrow();
  });
});

describe("the keys that verify receipts", () => {
  const half = Buffer.alloc(32, 7).toString("base64url");
  const key = (kid: string) => privateKey.parse({ kty: "OKP", crv: "Ed25519", x: half, d: half, kid });
  const kids = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"));

  test("are the signing one first, each kid once, and never a private part", () => {
    fc.assert(
      fc.property(fc.option(fc.constantFrom("a", "b"), { nil: undefined }), kids, (signing, retired) => {
        const set = anyKeySet.parse({ keys: [...retired.map(key), { kty: "RSA", n: "x", e: "AQAB" }, 7] });
        const keys = verifyingKeys(signing === undefined ? undefined : key(signing), set);
        expect(keys.map(({ kid }) => kid)).toEqual([
          ...new Set([...(signing === undefined ? [] : [signing]), ...retired]),
        ]);
        expect(JSON.stringify(keys)).not.toContain('"d":');
      }),
    );
  });
});
