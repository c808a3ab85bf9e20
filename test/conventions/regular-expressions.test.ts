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

type Node = Readonly<Record<string, unknown>> & { readonly type: string; readonly start: number; readonly end: number };
const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && "type" in value;

/** The text that an expression always gives: of constants of its file, by name, and of what is joined from them. */
function constantOf(node: unknown, constants: ReadonlyMap<string, unknown>): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === "Literal") return typeof node["value"] === "string" ? node["value"] : undefined;
  if (node.type === "Identifier") return constantOf(constants.get(String(node["name"])), new Map());
  if (node.type === "BinaryExpression" && node["operator"] === "+") {
    const sides = [constantOf(node["left"], constants), constantOf(node["right"], constants)];
    return sides.includes(undefined) ? undefined : sides.join("");
  }
  const raw = node.type === "TaggedTemplateExpression" && isNode(node["tag"]) && isStringRaw(node["tag"]);
  const template = raw ? node["quasi"] : node;
  if (!isNode(template) || template.type !== "TemplateLiteral") return undefined;
  const quasis = template["quasis"] as readonly { readonly value: { readonly raw: string; readonly cooked: string } }[];
  return quasis.length === 1 ? quasis[0]?.value[raw ? "raw" : "cooked"] : undefined;
}

const nameOf = (node: unknown): unknown => (isNode(node) ? (node["name"] ?? node["value"]) : undefined);
const isStringRaw = (tag: Node): boolean => nameOf(tag["object"]) === "String" && nameOf(tag["property"]) === "raw";

interface Expressions {
  /** Literals, constants given to RegExp, and the `pattern` of schemas (JSON Schema's flags are u). */
  readonly found: Found[];
  /** What is made while the product runs. */
  readonly made: string[];
}

/** Every regular expression in a syntax tree: literals, patterns of schemas in texts, and what RegExp is given. */
function expressionsIn(file: string, text: string): Expressions {
  const found: Found[] = [];
  const made: string[] = [];
  const constants = new Map<string, unknown>();
  const where = (start: number) => `${file}:${text.slice(0, start).split("\n").length}`;
  const quoted = ({ start, end }: Node) => `${file}: ${text.slice(start, end)}`;
  const { program } = parseSync(file, text);
  new Visitor({
    VariableDeclarator: ({ id, init }) => void (id.type === "Identifier" && constants.set(id.name, init)),
  }).visit(program);
  const construct = (node: Node) => {
    if (nameOf(node["callee"]) !== "RegExp") return;
    const [pattern, flags] = node["arguments"] as readonly unknown[];
    const given = {
      pattern: constantOf(pattern, constants),
      flags: flags === undefined ? "" : constantOf(flags, constants),
    };
    if (given.pattern === undefined || given.flags === undefined) made.push(quoted(node));
    else found.push({ where: where(node.start), pattern: given.pattern, flags: given.flags });
  };
  new Visitor({
    Literal(node) {
      if ("regex" in node) found.push({ where: where(node.start), ...node.regex });
    },
    NewExpression: (node) => construct(node as unknown as Node),
    CallExpression: (node) => construct(node as unknown as Node),
    Property(node) {
      const pattern = nameOf(node.key) === "pattern" ? constantOf(node.value, constants) : undefined;
      if (pattern !== undefined) found.push({ where: where(node.start), pattern, flags: "u" });
    },
  }).visit(program);
  return { found, made };
}

const all = files.map((file) => expressionsIn(file, readFileSync(file, "utf8")));
const every = all.flatMap(({ found }) => found);
const distinct = [...new Map(every.map((found) => [`/${found.pattern}/${found.flags}`, found])).entries()];

describe("the regular expressions of core and edge", () => {
  // Without it the checker looks for a Java or native program.
  beforeAll(() => {
    process.env["RECHECK_SYNC_BACKEND"] = "pure";
  });

  test("are found", () => expect(distinct.length).toBeGreaterThan(30));

  test.each([
    ["a literal", "export const a = /^(a+)+$/i;", "^(a+)+$", "i"],
    ["a schema's pattern", 'export const a = { type: "string", pattern: "^(a+)+$" };', "^(a+)+$", "u"],
    ["a schema's pattern in quotes", 'export const a = { "pattern": `^(a+)+$` };', "^(a+)+$", "u"],
    ["a pattern as it is written", "export const a = { pattern: String.raw`^\\s+$` };", String.raw`^\s+$`, "u"],
    ["a pattern by its name", 'const A = "^a" + "+$"; export const a = { pattern: A };', "^a+$", "u"],
    ["a constant given to RegExp", 'export const a = new RegExp("^(a+)+$", "u");', "^(a+)+$", "u"],
    ["one given without new", 'export const a = RegExp("^(a+)+$");', "^(a+)+$", ""],
  ])("are found where they are %s", (_what, text, pattern, flags) => {
    expect(expressionsIn("a.ts", text)).toEqual({ found: [{ where: "a.ts:1", pattern, flags }], made: [] });
  });

  test.each(["new RegExp(given)", "RegExp(`^${given}`)", 'new RegExp("a", given)', "new RegExp()"])(
    "%s is made of what is no constant",
    (text) =>
      expect(expressionsIn("a.ts", `export const a = (given: string) => ${text};`).made).toEqual([`a.ts: ${text}`]),
  );

  test("are all constants: what a caller sends is RE2's", () => {
    expect(all.flatMap(({ made }) => made)).toEqual([]);
  });

  test("refer back to nothing that they matched", () => {
    expect(every.filter(({ pattern }) => /\\[1-9]|\\k</.test(pattern))).toEqual([]);
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
