import { checkSync } from "recheck";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { COMPLIANCE_LIMITS, type ComplianceInputs } from "#core/domain/packs/compliance.ts";
import { inspect as inspectHere } from "../../../backend/worker/packs/compliance/inspect.ts";
import { rulesOf } from "../../../backend/worker/packs/compliance/rules.ts";
import { search } from "../../../backend/worker/packs/compliance/search.ts";
import { inspect } from "./compliance-fixture.ts";

const { max_text_chars, max_findings } = COMPLIANCE_LIMITS;

/** What begins a finding of some rule again and again, or nearly completes it. */
const PIECES = [
  "a @ . - 1 : é 😀 \u0301 % ' < {".split(" "),
  ["a@", "a@a.", "é@é.", `a@${"-".repeat(253)} `, "1 ", "1.", "1-", "1:", "1::", "::1 ", "0:1", "1.1.1.1.", "version "],
  ["+1", "+1 2 ", "+12345678 ", "+9 9 9 9 9 9 ", "+1.1.1.1.1.1.1.1", "+14155552671 ", "415-555-267 "],
  ["-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "\\n"],
  [`-----BEGIN PRIVATE KEY-----\n${"A".repeat(24)}\n`, `-----BEGIN PRIVATE KEY-----${"A".repeat(24)}-----END `],
  ["eyJ", "ey-", "eyJhbGciOiJIUzI1NiJ9.", "eyJhbGciOiJIUzI1NiJ9.eyJ.", "eyAAAAAAAAA."],
  ["://", "a://", "a://b:c@d ", "x://a:b", "a://b:c/", "hooks.slack.com/services/"],
  ["DE89", "DE89 3704 ", "4242 ", "4242-4242-", "4242 4242 4242 4242 ", "123-45-6789 ", "ssn ", "social security "],
  [
    "ghp_",
    "ghs_",
    "github_pat_",
    "xoxb-",
    "xoxb-1",
    "xapp-1-",
    "AKIA",
    "aws_secret_access_key=",
    "sk_live_",
    "dpp_live_",
  ],
  [
    "sk-",
    "sk-ant-",
    "glpat-A",
    "SG.A.",
    "t1.A",
    "pat",
    "00D",
    "api_key=",
    "token:",
    "tokentoken_",
    "password=",
    "password: 'a",
  ],
  [
    "curl -u a:",
    "--user a:",
    "mysql -p",
    "Bearer ",
    "Authorization: Basic ",
    "datadog=",
    "&#52;",
    "%34",
    "\\u0034",
    "&nbsp;",
  ],
  [
    "020 7946 0958 ",
    "0044 20 7946 0958,",
    "01 ",
    "0",
    "(0",
    "tel ",
    "phone: 1",
    "dob 1/1/1",
    "born ",
    "passport A",
    "cpf 1",
  ],
  [
    "Hash----BEGIN PRIVATE KEY----",
    "----BEGIN PRIVATE KEY----\\nHash",
    "Comment:PuTTY-User-Key-File-2:",
    "PuTTY-User-Key-File-2:",
    "Private-Lines: 1",
    '"d":"',
  ],
  ["id ", "id 1", "P<UTO", "<", "A<", "1.1.1.", "a,b\n1,", "ssn,phone\n1,2\n"],
].flat();

/** The characters that patterns match in a search by every rule, and their attempts; not what an attempt gives up again. */
function workOn(text: string): number {
  const { exec } = RegExp.prototype;
  let work = 0;
  const spy = vi.spyOn(RegExp.prototype, "exec").mockImplementation(function counted(this: RegExp, read) {
    const found = exec.call(this, read);
    work += 1 + (found?.[0].length ?? 0);
    return found;
  });
  try {
    for (const found of search(text, rulesOf())) work += found.length;
  } finally {
    spy.mockRestore();
  }
  return work;
}

/** A pattern whose repetitions all have an end takes linear time, and long to check. */
const HAS_NO_END = /(?<!\\)[*+]|,\}/;

/** The patterns that a search by every rule tries on a long value or cell, and that may read all of it. */
function triedOnLong(text: string): readonly RegExp[] {
  const { exec } = RegExp.prototype;
  const tried = new Map<string, RegExp>();
  const spy = vi.spyOn(RegExp.prototype, "exec").mockImplementation(function seen(this: RegExp, read) {
    if (read.length > 1_000 && !this.global && !this.sticky && exec.call(HAS_NO_END, this.source) !== null)
      tried.set(String(this), this);
    return exec.call(this, read);
  });
  try {
    expect([...search(text, rulesOf())]).toHaveLength(rulesOf().length);
  } finally {
    spy.mockRestore();
  }
  return [...tried.values()];
}

/** The characters in which a search looks for a piece of what is allowed. */
function comparedIn(inputs: ComplianceInputs): number {
  const { indexOf } = String.prototype;
  let compared = 0;
  const spy = vi.spyOn(String.prototype, "indexOf").mockImplementation(function counted(this: string, piece, from = 0) {
    if (piece.startsWith("zq")) compared += this.length - from;
    return indexOf.call(this, piece, from);
  });
  try {
    inspectHere(inputs);
  } finally {
    spy.mockRestore();
  }
  return compared;
}

describe("hostile texts", () => {
  // Without it the checker looks for a Java or native program.
  beforeAll(() => {
    process.env["RECHECK_SYNC_BACKEND"] = "pure";
  });

  test.each(PIECES.flatMap((piece) => [piece, `${piece}\n`]))(
    "%j over and over takes twice the work where it is twice as long",
    (piece) => {
      const [once, twice] = [1_000, 2_000].map((length) => workOn(piece.repeat(length / piece.length)));
      expect(twice).toBeLessThanOrEqual(2.2 * (once ?? 0) + 1_000);
    },
  );

  test.each([
    ["a header's value", `Authorization: Token ${"ABCDEFGH".repeat(500)}/`],
    ["a table's head", `ssn,"${" ".repeat(3_000)}!\n1,2\n`],
  ])("%s is tried by no pattern that takes more than linear time", (_, text) => {
    const tried = triedOnLong(text);
    expect(tried.length).toBeGreaterThan(0);
    expect(tried.filter(({ source, flags }) => checkSync(source, flags).status !== "safe").map(String)).toEqual([]);
  });

  test("what the rules find is compared with what is allowed once a rule, however many patterns find it", () => {
    const text = `${"z".repeat(99)}\n`.repeat(20);
    const patterns = Array.from({ length: 20 }, (_, index) => ({ name: `p${index}`, pattern: "z+" }));
    const allow = Array.from({ length: 200 }, (_, index) => `*zq${index}*`);
    expect(comparedIn({ text, patterns, allow, rules: ["jwt"] })).toBeLessThanOrEqual(text.length * allow.length);
  });

  test.each(PIECES)("%j over and over has a valid result", async (piece) => {
    const { data } = await inspect(piece.repeat(max_text_chars / piece.length));
    expect(data.findings.length).toBe(Math.min(data.findings_total, max_findings));
  });

  test.each(PIECES)("%j over and over is searched in steps, no more of them than there are characters", (piece) => {
    const text = piece.repeat(20_000 / piece.length);
    for (const { scan } of rulesOf()) {
      let steps = 0;
      for (const _ of scan(text)) steps += 1;
      expect(steps).toBeLessThanOrEqual(text.length);
    }
  });

  test("a run gives way to others while it works, and stops when it is told to", async () => {
    const signal = new AbortController();
    setImmediate(() => signal.abort(new Error("told to stop")));
    const text = "::1 +12345678 ".repeat(max_text_chars / 14);
    await expect(inspect(text, undefined, signal.signal)).rejects.toThrow("told to stop");
    await expect(inspect("a", undefined, signal.signal)).rejects.toThrow("told to stop");
  });
});
