import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { formatUsd } from "#core/domain/money.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { PROBLEMS } from "#core/domain/problem.ts";
import { moneyState, runStatus } from "#core/domain/run.ts";
import { runRequests } from "#core/domain/run-request.ts";
import { transferKind } from "#core/domain/transfer.ts";
import { EVENT_TYPES } from "#core/domain/webhook.ts";
import { createProgram } from "../../backend/cli/program.ts";
import { reaperConfig, workerConfig } from "../../backend/config.ts";
import { createPacks } from "../../backend/worker/packs/registry.ts";
import { openapiDocument } from "../../edge/openapi/document.ts";
import { getReceipt } from "../../edge/receipts/get-receipt.ts";
import { parseEnv } from "../../edge/env.ts";

const README = "README.md";
const REFERENCE = "backend/deploy/REFERENCE.md";
const PROTOCOL = "backend/core/PROTOCOL.md";
const GLOSSARY = "backend/core/GLOSSARY.md";
const DOCUMENTS = [
  README,
  ".github/CONTRIBUTING.md",
  ".github/SECURITY.md",
  PROTOCOL,
  GLOSSARY,
  "test/VERIFICATION.md",
  ...globSync("backend/deploy/**/[!M]*.md"),
];

const read = (file: string) => readFileSync(file, "utf8");
/** Without the TypeScript of recipes, whose files are yet to be written. */
const prose = (file: string) => read(file).replaceAll(/^```ts\n.*?^```$/gms, "");
const all = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].map(([, found = ""]) => found);
const sorted = (names: Iterable<string>) => [...new Set(names)].toSorted();

/** Cells of the rows of the first table whose headings begin so. */
function table(file: string, ...headings: readonly string[]): readonly (readonly string[])[] {
  const lines = read(file).split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${headings.join(" | ")}`));
  if (start < 0) throw new Error(`${file} has no table of ${headings.join(", ")}`);
  const length = lines.slice(start).findIndex((line) => !line.startsWith("|"));
  return lines
    .slice(start + 2, length < 0 ? undefined : start + length)
    .map((line) => line.slice(2, -2).split(/ (?<!\\)\| /));
}

const code = (cell = ""): readonly string[] => all(cell, /`([^`]+)`/g);
const headingsOf = (file: string) =>
  all(read(file), /^#+ (.+)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, "")
      .replaceAll(" ", "-"),
  );

describe.each(DOCUMENTS)("%s", (file) => {
  test("names files that exist", () => {
    const named = all(
      prose(file),
      /(?<![\w./#<-])((?:\.github|\.ci|backend|edge|migrations|test)\/[\w.*/<>-]*[\w*>])/g,
    );
    const missing = named.filter((path) => !path.includes("<") && !existsSync(path) && globSync(path).length === 0);
    expect(missing).toEqual([]);
  });

  test("links to files and headings that exist", () => {
    const dead = all(read(file), /\]\((?!https?:)([^)]+)\)/g).filter((link) => {
      const [path = "", heading] = link.split("#");
      const target = path === "" ? file : join(dirname(file), path);
      return !existsSync(target) || (heading !== undefined && !headingsOf(target).includes(heading));
    });
    expect(dead).toEqual([]);
  });

  test("names npm scripts that exist", () => {
    const { scripts } = JSON.parse(read("package.json")) as { readonly scripts: Readonly<Record<string, string>> };
    const named = all(read(file), /npm run (?:-s )?([a-z][\w:-]*)/g);
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });
});

/** The variables that a process reads from its environment. */
function variablesOf(readEnvironment: (env: Record<string, string | undefined>) => unknown): readonly string[] {
  const names = new Set<string>();
  const env = new Proxy<Record<string, undefined>>({}, { get: (_, name) => void names.add(String(name)) });
  try {
    readEnvironment(env);
  } catch {
    // Required ones are missing.
  }
  return [...names].filter((name) => /^[A-Z][A-Z\d_]+$/.test(name));
}

/** The least that each process must find in its environment. */
const REQUIRED = {
  DATABASE_URL: "postgres://u@h/d?sslmode=verify-full",
  REDIS_URL: "rediss://h",
  UPSTASH_REDIS_REST_URL: "https://h",
  UPSTASH_REDIS_REST_TOKEN: "t",
  AWS_REGION: "r",
  AWS_ACCESS_KEY_ID: "k",
  AWS_SECRET_ACCESS_KEY: "k",
  SQS_QUEUE_URL: "https://h/q",
  S3_BUCKET: "bucket",
};

describe("the README and the operators' reference", () => {
  const variables = table(REFERENCE, "variable", "read by");

  test("has the default of each environment variable", () => {
    const parsed = parseEnv(REQUIRED);
    if (!("env" in parsed)) throw new Error(parsed.errors.join("; "));
    const config = { ...workerConfig(REQUIRED), ...reaperConfig(REQUIRED), ...parsed.env };
    const defaults = Object.entries(config).filter(([name, value]) => !(name in REQUIRED) && value !== undefined);
    expect(defaults.length).toBeGreaterThan(15);
    const rows = new Map(variables.map(([name, , usual]) => [code(name)[0], usual]));
    const text = (value: unknown) => (Array.isArray(value) && value.length === 0 ? "none" : String(value));
    expect(defaults.filter(([name, value]) => rows.get(name) !== text(value))).toEqual([]);
  });

  test.each([
    ["edge", variablesOf(parseEnv)],
    ["worker", variablesOf(workerConfig)],
    ["reaper", variablesOf(reaperConfig)],
    ["cli", all(read("backend/cli/config.ts"), /^ {2}([A-Z][A-Z\d_]+): (?!dev\.)/gm)],
  ])("has every environment variable of %s, and no other", (process, names) => {
    expect(names.length).toBeGreaterThan(10);
    const rows = variables.filter(([, by = ""]) => by.split(", ").includes(process));
    expect(rows.flatMap(([name]) => code(name)).toSorted()).toEqual(sorted(names));
  });

  test("has each environment variable once", () => {
    const names = variables.flatMap(([name]) => code(name));
    expect(names).toEqual([...new Set(names)]);
  });

  test("has every problem under its status", () => {
    const rows = table(README, "status", "slugs").flatMap(([status = "", slugs]) =>
      code(slugs).map((slug) => `${status} ${slug}`),
    );
    expect(rows.toSorted()).toEqual(sorted(Object.entries(PROBLEMS).map(([slug, { status }]) => `${status} ${slug}`)));
  });

  test("has every pack with each of its prices", () => {
    const rows = new Map(table(README, "pack", "does").map(([pack, , price]) => [code(pack)[0], price]));
    expect([...rows.keys()].toSorted()).toEqual(sorted(catalog.keys()));
    for (const [type, { prices }] of catalog)
      for (const { unit_micros } of Object.values(prices)) expect(rows.get(type)).toContain(formatUsd(unit_micros));
  });

  test("has every operation that needs a key, with its scope", () => {
    const { paths } = openapiDocument("https://api.example") as {
      readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly "x-scope"?: string }>>>>;
    };
    const operations = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).flatMap(([method, { "x-scope": scope }]) =>
        scope === undefined ? [] : [`${method.toUpperCase()} ${path} ${scope}`],
      ),
    );
    expect(operations.length).toBeGreaterThan(20);
    const rows = table(README, "operation", "scope").map(([operation, scope]) => `${code(operation)[0]} ${scope}`);
    expect(rows.toSorted()).toEqual(operations.toSorted());
  });

  test("names every path that needs no key", () => {
    const { paths } = openapiDocument("https://api.example") as {
      readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly security?: readonly unknown[] }>>>>;
    };
    const open = Object.entries(paths).flatMap(([path, { get }]) => (get?.security?.length === 0 ? [path] : []));
    const named = /^Open to everyone: (.*?)\.$/ms.exec(read(README))?.[1];
    expect([...code(named)].toSorted()).toEqual(open.toSorted());
  });

  test("has every command of the operator's tool, and no other", () => {
    const shell = {
      perform: async () => undefined,
      print: () => undefined,
      env: {},
      doctor: async () => ({ text: "", json: {} }),
      ui: async () => undefined,
    };
    const commands = createProgram(shell).commands.flatMap((command) =>
      command.commands.length === 0
        ? [`dpp ${command.name()}`]
        : command.commands.map((each) => `dpp ${command.name()} ${each.name()}`),
    );
    const named = table(REFERENCE, "operator's command", "does").flatMap(([cell]) => code(cell));
    expect(named.toSorted()).toEqual(sorted(commands));
  });

  test("has every status and money state of a run, and every event", () => {
    const first = (heading: string) => table(README, heading, "meaning").map(([cell = ""]) => cell);
    expect(first("`status` of a run")).toEqual(runStatus.options);
    expect(first("`money_state` of a run")).toEqual(moneyState.options);
    expect(code(table(README, "webhooks", "rule").find(([topic]) => topic === "events")?.[1])).toEqual(EVENT_TYPES);
  });

  test("has every member of a submit in what the payload hash covers, as the receipt's description has", () => {
    const members = [...runRequests.values()].flatMap(({ shape }) => Object.keys(shape));
    const covered = code(table(README, "topic", "rule").find(([topic]) => topic === "`payload_sha256`")?.[1]);
    expect(all(covered[0] ?? "", /"(\w+)"/g)).toEqual(sorted(members));
    const described = code(getReceipt.description);
    expect(sorted(members).filter((name) => !described.includes(name))).toEqual([]);
  });

  test("explains terms as the glossary names them", () => {
    const glossary = new Set(table(GLOSSARY, "term", "meaning").map(([term = ""]) => term.toLowerCase()));
    const terms = table(README, "term", "meaning").map(([term = ""]) => term);
    expect(terms.length).toBeGreaterThan(5);
    expect(terms.filter((term) => !glossary.has(term))).toEqual([]);
  });
});

test("every pack of the catalogue is in the worker's registry, and no other", () => {
  expect(sorted(createPacks({}).keys())).toEqual(sorted(catalog.keys()));
});

test("wrangler.toml names every variable of the edge", () => {
  const toml = read("wrangler.toml");
  expect(variablesOf(parseEnv).filter((name) => !toml.includes(name))).toEqual([]);
});

describe("the protocol", () => {
  const STEPS = /\b(S[0-4]|W[1-7]|C[12])\b/g;
  const cited = sorted(
    globSync("{backend,edge,migrations}/**/*.{ts,sql,lua}")
      .flatMap((file) => all(read(file), /^\s*(?:\/\/|--|\/?\*\*?) (.*)$/gm))
      .flatMap((comment) => all(comment, STEPS)),
  );

  test("has every step that code cites, and no step that none cites", () => {
    expect(cited.length).toBeGreaterThan(10);
    expect(sorted(all(read(PROTOCOL), STEPS))).toEqual(cited);
  });

  test("has a row for every sweep, which is a file of its own", () => {
    const rows = table(PROTOCOL, "sweep", "finds").map(([sweep = ""]) => sweep.replace(" ", "-"));
    const files = readdirSync("backend/reaper/sweeps").map((file) => basename(file, ".ts"));
    expect(files.length).toBeGreaterThan(5);
    expect(rows.toSorted()).toEqual(files.toSorted());
  });

  test("has every kind of transfer", () => {
    expect(table(PROTOCOL, "kind", "debit").map(([kind = ""]) => kind)).toEqual(transferKind.options);
  });

  test("names stored functions that exist", () => {
    const bodies = globSync("migrations/functions/*.sql").map(read).join("\n");
    const named = all(read(PROTOCOL), /Postgres function `(\w+)`/g);
    expect(named.length).toBeGreaterThan(2);
    expect(named.filter((name) => !bodies.includes(`CREATE OR REPLACE FUNCTION ${name}(`))).toEqual([]);
  });
});

test("the glossary has each term once, in alphabetical order", () => {
  const terms = table(GLOSSARY, "term", "meaning").map(([term = ""]) => term.toLowerCase());
  expect(terms).toEqual(sorted(terms));
});
