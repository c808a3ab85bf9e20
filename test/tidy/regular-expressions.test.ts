import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parseSync, Visitor } from "oxc-parser";
import { checkSync } from "recheck";
import { beforeAll, describe, expect, test } from "vitest";

/** What runs on a caller's text before or beside everybody else's requests. */
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "backend/core", "edge"], {
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => /(?<!\.d)\.ts$/.test(file));

interface Found {
  readonly where: string;
  readonly pattern: string;
  readonly flags: string;
}

/** Every regular expression in the syntax tree of a file, and every RegExp that is made of something else. */
function expressionsIn(file: string): { readonly literals: Found[]; readonly made: string[] } {
  const text = readFileSync(file, "utf8");
  const literals: Found[] = [];
  const made: string[] = [];
  const where = (start: number) => `${file}:${text.slice(0, start).split("\n").length}`;
  const isRegExp = (callee: { readonly type: string }) => "name" in callee && callee.name === "RegExp";
  const construct = (node: {
    readonly start: number;
    readonly end: number;
    readonly callee: { readonly type: string };
  }) => {
    if (isRegExp(node.callee)) made.push(`${file}: ${text.slice(node.start, node.end)}`);
  };
  new Visitor({
    Literal(node) {
      if ("regex" in node) literals.push({ where: where(node.start), ...node.regex });
    },
    NewExpression: construct,
    CallExpression: construct,
  }).visit(parseSync(file, text).program);
  return { literals, made };
}

const all = files.map(expressionsIn);
const literals = all.flatMap((found) => found.literals);
const distinct = [...new Map(literals.map((found) => [`/${found.pattern}/${found.flags}`, found])).entries()];

describe("the regular expressions of core and edge", () => {
  // Without it the checker looks for a Java or native program.
  beforeAll(() => {
    process.env["RECHECK_SYNC_BACKEND"] = "pure";
  });

  test("are found", () => expect(distinct.length).toBeGreaterThan(30));

  test("are all constants: what a caller sends is RE2's", () => {
    expect(all.flatMap(({ made }) => made)).toEqual([]);
  });

  test("refer back to nothing that they matched", () => {
    expect(literals.filter(({ pattern }) => /\\[1-9]|\\k</.test(pattern))).toEqual([]);
  });

  test("an expression that takes exponential time would be found", () => {
    expect(checkSync("^(a+)+$", "").status).toBe("vulnerable");
  });

  test.each(distinct)("%s takes linear time", (_, { where, pattern, flags }) => {
    // The other checker of the two tries texts at random: it may find nothing, and something in what is linear.
    const { status } = checkSync(pattern, flags, { checker: "automaton", timeout: 20_000 });
    expect({ where, status }).toEqual({ where, status: "safe" });
  });
});
