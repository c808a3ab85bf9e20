import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { priceOf } from "#core/domain/pack.ts";
import { COMPLIANCE_LIMITS, complianceOffer, complianceRules } from "#core/domain/packs/compliance.ts";
import type { Log } from "#core/ports/log.ts";
import { compliancePack } from "../../../backend/worker/packs/compliance.ts";
import { BASE62, found, inspect, joined } from "./compliance-fixture.ts";
import { context } from "./decision-fixture.ts";

const { max_text_chars, max_findings } = COMPLIANCE_LIMITS;
const TOKEN = joined("ghp_", BASE62.slice(0, 36));

/** One finding of each kind, and words between them in which there is none. */
const PLANTS: readonly (readonly [rule: string, written: string])[] = [
  ["email", "ada@example.com"],
  ["phone", "+44 20 7946 0958"],
  ["payment_card", "4242 4242 4242 4242"],
  ["iban", "DE89 3704 0044 0532 0130 00"],
  ["us_ssn", "123-45-6789"],
  ["ip_address", "2606:4700:4700::1111"],
  ["github_token", TOKEN],
];
const WORDS = ["Grüße", "e\u0301te\u0301", "👩‍👩‍👧", "日本語", "12 apples", "\u202Eabc", "(…)", "a.b", "\n\n", "[x]", "🇩🇪"];

describe("findings", () => {
  test("offsets count UTF-16 code units, before emoji and combining marks too", async () => {
    const before = "👩‍👩‍👧 e\u0301 𝒳 ";
    const { data } = await inspect(`${before}ada@example.com`);
    expect(data.offset_unit).toBe("utf16_code_unit");
    expect(data.findings).toEqual([
      {
        rule: "email",
        category: "contact",
        severity: "medium",
        confidence: 0.95,
        start: before.length,
        end: before.length + 15,
      },
    ]);
    expect([before.length, Array.from(before).length]).toEqual([15, 11]);
  });

  test("whatever is planted among whatever words is found where it stands, and nothing else", async () => {
    const plant = fc.tuple(fc.constantFrom(...WORDS), fc.constantFrom(...PLANTS), fc.constantFrom(...WORDS));
    await fc.assert(
      fc.asyncProperty(fc.array(plant, { maxLength: 12 }), async (plants) => {
        const text = plants.map(([before, [, written], after]) => `${before} ${written} ; ${after}`).join(" ");
        const masked = plants
          .map(([before, [rule], after]) => `${before} [${rule.toUpperCase()}] ; ${after}`)
          .join(" ");
        if (text === "") return;
        expect(await found(text)).toEqual(plants.map(([, planted]) => planted));
        const { data } = await inspect(text);
        expect(data.masked_text).toBe(masked);
        expect(data.findings_total).toBe(plants.length);
        expect((await inspect(masked)).data).toMatchObject({ verdict: "PASS", findings: [], masked_text: masked });
      }),
      { numRuns: 200, seed: 7 },
    );
  });

  test("findings of any text are in order, apart from each other and inside it, and cut no character in two", async () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.constantFrom(
        "@",
        ".",
        "://",
        ":",
        "-",
        "+",
        "1",
        "4242",
        "eyJ",
        "::1",
        "a@b.co",
        "1.1.1.1",
        "🎉",
        "\u0301",
        TOKEN,
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 30 }), async (pieces) => {
        const text = pieces.join("");
        if (text === "") return;
        const { data } = await inspect(text);
        let from = 0;
        let masked = "";
        for (const { rule, start, end } of data.findings) {
          expect(start).toBeGreaterThanOrEqual(from);
          expect(end).toBeGreaterThan(start);
          expect(text.slice(start, end).isWellFormed()).toBe(true);
          masked += `${text.slice(from, start)}[${rule.toUpperCase()}]`;
          from = end;
        }
        expect(data.masked_text).toBe(masked + text.slice(from));
      }),
      { numRuns: 1_000, seed: 7 },
    );
  });

  test("findings that overlap are one, over all that they cover, under the rule that proves most", async () => {
    const inUrl = `https://x:${TOKEN}@github.com/`;
    expect(await found(inUrl)).toEqual([["url_credentials", `x:${TOKEN}`]]);
    expect(await found(inUrl, ["github_token"])).toEqual([["github_token", TOKEN]]);
    const iban = "SE85 4242 4242 4242 4242 0000";
    expect(await found(iban)).toEqual([["iban", iban]]);
    expect(await found(iban, ["payment_card"])).toEqual([["payment_card", "4242 4242 4242 4242"]]);
    expect(await found("4242424242424242@example.com")).toEqual([["payment_card", "4242424242424242@example.com"]]);
  });

  test("only the rules asked for are applied, in the same order whatever the order asked", async () => {
    const text = "ada@example.com 123-45-6789 93.184.216.34";
    expect(await found(text, ["ip_address", "email"])).toEqual([
      ["email", "ada@example.com"],
      ["ip_address", "93.184.216.34"],
    ]);
    const [one, other] = await Promise.all([
      inspect(text, ["ip_address", "email"]),
      inspect(text, ["email", "ip_address"]),
    ]);
    expect(JSON.stringify(one)).toBe(JSON.stringify(other));
    expect(one.data.rules).toEqual(["email", "ip_address"]);
    expect((await inspect(text)).data.rules).toEqual(complianceRules);
  });

  test.each([
    ["nothing to see", "PASS"],
    ["127.0.0.1", "PASS"],
    ["ada@example.com", "REVIEW"],
    ["ada@example.com 123-45-6789", "FAIL"],
    [TOKEN, "FAIL"],
  ])("the verdict on %j is %s", async (text, verdict) => {
    expect((await inspect(text)).data.verdict).toBe(verdict);
  });

  test("runs side by side do not disturb each other, and the same text gives the same bytes", async () => {
    const text = `${PLANTS.map(([, written]) => written).join(" ; ")}\n`.repeat(400);
    const outcomes = await Promise.all([inspect(text), inspect(text), inspect(text)]);
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size).toBe(1);
    expect(outcomes[0]?.data.findings_total).toBe(400 * PLANTS.length);
  });
});

describe("secrets", () => {
  test("nothing of what was found is in the outcome or in any line of the log", async () => {
    const lines: unknown[] = [];
    const log: Log = {
      info: (...l) => lines.push(l),
      warn: (...l) => lines.push(l),
      error: (...l) => lines.push(l),
      child: () => log,
    };
    const text = PLANTS.map(([, written]) => written).join(" ; ");
    const inputs = complianceOffer.inputs.parse({ text });
    const outcome = await compliancePack().run(inputs, { ...context(), log });
    const said = JSON.stringify([outcome, lines]);
    for (const [, written] of PLANTS) {
      for (const part of written.split(/[ @.:-]+/).filter(({ length }) => length > 3)) expect(said).not.toContain(part);
    }
  });

  test("beyond the most that are listed, the most severe are, and all are counted and masked", async () => {
    const text = `${"::1 ".repeat(max_findings + 500)}ada@example.com`;
    const { data, reliability } = await inspect(text);
    expect(data).toMatchObject({
      verdict: "REVIEW",
      findings_total: max_findings + 501,
      counts: { ip_address: max_findings + 500 },
    });
    expect(data.findings).toHaveLength(max_findings);
    expect(data.findings.at(-1)?.rule).toBe("email");
    expect(data.masked_text).not.toContain("::1");
    expect(reliability).toBe(max_findings / (max_findings + 501));
  });
});

describe("inputs and price", () => {
  const refusals = (inputs: unknown) =>
    complianceOffer.inputs.safeParse(inputs).error?.issues.map(({ path }) => path.join("."));

  test.each([
    ["no text", {}, "text"],
    ["an empty text", { text: "" }, "text"],
    ["a text that is too long", { text: "x".repeat(max_text_chars + 1) }, "text"],
    ["an unknown rule", { text: "x", rules: ["email", "secrets"] }, "rules.1"],
    ["a repeated rule", { text: "x", rules: ["email", "phone", "email"] }, "rules.2"],
    ["no rule", { text: "x", rules: [] }, "rules"],
    ["an unknown field", { text: "x", extra: 1 }, ""],
  ])("%s is refused with the path to it", (_, inputs, path) => expect(refusals(inputs)).toContain(path));

  test("a refusal repeats nothing of the text", () => {
    const error = complianceOffer.inputs.safeParse({ text: TOKEN.repeat(6_000) }).error;
    expect(JSON.stringify(error?.issues)).not.toContain(TOKEN.slice(4, 12));
  });

  test("the charge is the price of the units that the estimate told, for any text", async () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", minLength: 1 }),
      fc.integer({ min: 1, max: 70_000 }).map((n) => "é".repeat(n)),
    );
    await fc.assert(
      fc.asyncProperty(text, async (text) => {
        const { units } = await inspect(text, ["us_ssn"]);
        expect(complianceOffer.estimate({ text })).toEqual({ units, exact: true });
        const started = Math.max(1, Math.ceil(Buffer.byteLength(text) / 10_000));
        expect(priceOf(complianceOffer.prices, units)).toBe(1_000 + 1_000 * started);
      }),
      { numRuns: 300, seed: 7 },
    );
  });
});
