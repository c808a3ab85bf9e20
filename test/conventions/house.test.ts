import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, test } from "vitest";

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" })
  .split("\n")
  .filter((file) => /^(edge|backend|migrations|test)\/.*\.(tsx?|sql|lua)$/.test(file));
const read = (file: string) => readFileSync(file, "utf8");

const NUMBERED = files.filter((file) => /^migrations\/[^/]+\.sql$/.test(file));
const FUNCTIONS = files.filter((file) => file.startsWith("migrations/functions/"));

const STATEMENTS = files.filter((file) => /^backend\/core\/store\/.*\.sql$/.test(file));
const STORE = files.filter((file) => /^backend\/core\/store\/.*\.ts$/.test(file));
/** Functions that the stores call. */
const CALLED = STORE.flatMap((file) =>
  [...read(file).matchAll(/\bfn\(\s*db,\s*"(\w+)"/g)].map(([, name = ""]) => name),
);
/** Functions that others call with the rights of a role of the product. */
const CALLED_BY_OTHERS = ["mirrored_tenant", "mirrored_key", "included_packs"];

/** Names of what a file of migrations/functions makes, each with the line before it. */
function bodies(file: string): readonly { readonly name: string; readonly before: string }[] {
  return [...read(file).matchAll(/(.*)\n *CREATE OR REPLACE (?:FUNCTION|PROCEDURE|VIEW)\s+"?(?:public\.)?(\w+)/gi)].map(
    ([, before = "", name = ""]) => ({ name, before }),
  );
}

/** Floors of the house, from the ground: a file may import its own floor's kin and what lies below. */
const FLOORS: readonly (readonly [name: string, RegExp, mayImport: RegExp])[] = [
  ["domain", /^backend\/core\/domain\//, /^backend\/core\/domain\//],
  ["ports", /^backend\/core\/ports\//, /^backend\/core\/(domain|ports)\//],
  ["store", /^backend\/core\/store\//, /^backend\/core\//],
  ["drivers", /^backend\/drivers\//, /^backend\/(drivers|core\/(domain|ports))\//],
  ["doctor", /^backend\/doctor\/(?!run\.ts)/, /^backend\/(doctor|core)\//],
  ["worker", /^backend\/worker\/(?!main\.ts|run\.ts)/, /^backend\/(worker|core)\//],
  ["reaper", /^backend\/reaper\/(?!main\.ts|run\.ts)/, /^backend\/(reaper|core)\//],
  ["cli", /^backend\/cli\/(?!run\.ts)/, /^backend\/(cli|core)\//],
  ["edge drivers", /^edge\/drivers\//, /^(edge\/drivers|backend\/core\/(domain|ports))\//],
  [
    "edge",
    /^edge\/(?!main\.ts|drivers\/|client\/|console\/|operators\/)/,
    /^(edge\/(?!drivers\/|client\/|console\/|operators\/)|backend\/core\/)/,
  ],
  ["edge main", /^edge\/main\.ts/, /^(edge\/(?!client\/|console\/|operators\/)|backend\/core\/)/],
  ["console", /^edge\/console\//, /^edge\/(console\/|client\/client\.ts)/],
  ["operators' console", /^edge\/operators\//, /^edge\/((operators|console)\/|client\/client\.ts)/],
  ["client", /^edge\/client\/[\w-]+\.ts$/, /^edge\/client\/[\w-]+\.ts$/],
  ["examples of the client", /^edge\/client\/examples\//, /^$/],
  ["types of core", /^backend\/core\/[\w-]+\.d\.ts$/, /^$/],
  ["migrate", /^backend\/migrate\//, /^backend\/(migrate|core\/domain)\//],
  ["deploy", /^backend\/(deploy|assets)\/(?!main\.ts)/, /^backend\/(deploy|assets)\//],
  ["assets main", /^backend\/assets\/main\.ts/, /^backend\/assets\//],
  [
    "services",
    /^backend\/(config|start-service|text-loader|text-modules\.d)\.ts/,
    /^backend\/(config\.ts|doctor\/|drivers\/|core\/)/,
  ],
  ["doctor main", /^backend\/doctor\/run\.ts/, /^backend\/(doctor|drivers|core)\//],
  ["cli main", /^backend\/cli\/run\.ts/, /^backend\/(cli|assets|doctor|drivers|core)\//],
  [
    "worker main",
    /^backend\/worker\/(main|run)\.ts/,
    /^backend\/(worker\/|drivers\/|core\/|config\.ts|start-service\.ts)/,
  ],
  [
    "reaper main",
    /^backend\/reaper\/(main|run)\.ts/,
    /^backend\/(reaper\/|drivers\/|core\/|config\.ts|start-service\.ts)/,
  ],
  [
    "image main",
    /^backend\/deploy\/main\.ts/,
    /^backend\/[\w-]+\/(main|run|deploy|smoke)\.ts$|^backend\/(cli|drivers)\//,
  ],
];

/** Project files that a file imports, by path from the root. */
function imports(file: string): readonly string[] {
  return [...read(file).matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].flatMap(([, specifier = ""]) => {
    if (specifier.startsWith("#core/")) return [specifier.replace("#core/", "backend/core/")];
    if (!specifier.startsWith(".")) return [];
    return [new URL(specifier, `file:///${file}`).pathname.slice(1)];
  });
}

describe("the house", () => {
  test("has files to judge", () => {
    expect(files.length).toBeGreaterThan(100);
  });

  test("puts each file of the product on one floor", () => {
    const product = files.filter((file) => /^(edge|backend)\/.*\.tsx?$/.test(file));
    const floorsOf = (file: string) => FLOORS.filter(([, belongs]) => belongs.test(file)).map(([name]) => name);
    expect(product.filter((file) => floorsOf(file).length !== 1)).toEqual([]);
  });

  test.each(FLOORS)("%s imports nothing from above", (_, belongs, may) => {
    const mine = files.filter((file) => /\.tsx?$/.test(file) && belongs.test(file));
    expect(mine.length).toBeGreaterThan(0);
    const wrong = mine.flatMap((file) =>
      imports(file)
        .filter((to) => !may.test(to))
        .map((to) => `${file} -> ${to}`),
    );
    expect(wrong).toEqual([]);
  });

  test("calls functions by name that migrations/functions has, and has no statement that only calls one", () => {
    const made = new Set(FUNCTIONS.flatMap((file) => bodies(file).map(({ name }) => name)));
    expect(CALLED.filter((name) => !made.has(name))).toEqual([]);
    const lone = STATEMENTS.filter((file) => {
      const sql = read(file).replaceAll(/^--.*$/gm, "");
      return /^\s*SELECT [^()]* FROM (\w+)\([^()]*\)\s*$/.test(sql);
    });
    expect(lone).toEqual([]);
  });

  test("names the arguments of each function that takes more than five", () => {
    const long = FUNCTIONS.flatMap((file) => [
      ...read(file).matchAll(/CREATE OR REPLACE FUNCTION (\w+)\s*\(([^)]*)\)/g),
    ])
      .filter(([, , parameters = ""]) => (parameters.match(/\bp_\w+/g)?.length ?? 0) > 5)
      .map(([, name = ""]) => name);
    expect(long).toContain("close_run");
    const listed = STORE.flatMap((file) =>
      [...read(file).matchAll(/\bfn\(\s*db,\s*"(\w+)",\s*(\[|\w+)/g)]
        .filter(([, name = "", first = ""]) => long.includes(name) && !read(file).includes(`const ${first} = {`))
        .map(([call]) => `${file}: ${call}`),
    );
    expect(listed).toEqual([]);
  });

  test("grants no function that nothing calls", () => {
    const granted = [...read("migrations/functions/roles.sql").matchAll(/GRANT EXECUTE ON FUNCTION([^;]*?)\bTO /g)]
      .flatMap(([, names = ""]) => names.replaceAll(/--.*$/gm, "").split(","))
      .map((name) => name.trim());
    expect(granted.length).toBeGreaterThan(30);
    // The autoscaler's are in its manifest.
    const statements = [...STATEMENTS, "backend/deploy/k8s/base/worker.yaml"].map(read).join("\n");
    const called = new Set([...CALLED, ...CALLED_BY_OTHERS]);
    expect(granted.filter((name) => !called.has(name) && !statements.includes(`${name}(`))).toEqual([]);
  });

  test("names each statement of the stores after its file", () => {
    const odd = files
      .filter((file) => /^backend\/core\/store\/.*\.ts$/.test(file))
      .flatMap((file) => {
        const text = read(file);
        const paths = new Map(
          [...text.matchAll(/import (\w+) from "\.\/([\w-]+)\.sql"/g)].map(([, as, name]) => [as, name]),
        );
        const named = [...text.matchAll(/\{ name: "([\w-]+)", text: (\w+) \}/g)];
        if (paths.size > named.length) return [`${file}: a statement without a name`];
        return named.filter(([, name, as]) => paths.get(as) !== name).map(([found]) => `${file}: ${found}`);
      });
    expect(odd).toEqual([]);
  });

  test("has kebab-case names", () => {
    expect(
      files.filter((file) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d|\.config)?\.(tsx?|sql|lua)$/.test(basename(file))),
    ).toEqual([]);
  });

  test("opens every statement and script with its purpose", () => {
    expect(files.filter((file) => /\.(sql|lua)$/.test(file) && !read(file).startsWith("-- "))).toEqual([]);
  });

  test("pairs every statement and script with a wrapper that imports it", () => {
    const imported = new Set(files.filter((file) => file.endsWith(".ts")).flatMap(imports));
    const lone = files.filter((file) => /^backend\/.*\.(sql|lua)$/.test(file) && !imported.has(file));
    expect(lone).toEqual([]);
  });

  test("has no barrel file", () => {
    expect(files.filter((file) => /(^|\/)(index|utils?|helpers?)\.ts$/.test(file))).toEqual([]);
  });

  test("gives the reaper one connection for each sweep, and one more", () => {
    const connections = /^const CONNECTIONS = (\d+);$/m.exec(read("backend/reaper/run.ts"))?.[1];
    const sweeps = files.filter((file) => file.startsWith("backend/reaper/sweeps/"));
    expect(Number(connections)).toBe(sweeps.length + 1);
  });

  test("numbers its migrations without a gap", () => {
    const numbers = NUMBERED.map((file) => Number(basename(file).slice(0, 4))).toSorted((a, b) => a - b);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });

  test("keeps functions, views, triggers and grants out of numbered migrations", () => {
    expect(NUMBERED.length).toBeGreaterThan(0);
    const wrong =
      /^\s*(CREATE\s+(OR\s+REPLACE\s+)?((TEMP|TEMPORARY|RECURSIVE|MATERIALIZED|CONSTRAINT)\s+)?(FUNCTION|PROCEDURE|VIEW|TRIGGER)|GRANT|REVOKE)\b/im;
    expect("  create materialized view a AS SELECT 1").toMatch(wrong);
    expect(NUMBERED.filter((file) => wrong.test(read(file)))).toEqual([]);
  });

  // Edges and workers of the release before work on the new schema, and a rollback puts back code alone.
  test("only adds to the schema in numbered migrations", () => {
    const takes =
      /\bDROP\s+(TABLE|COLUMN|TYPE|SCHEMA|VIEW|CONSTRAINT|ROLE)\b|\bRENAME\b|\bALTER\s+COLUMN\s+\w+\s+(SET\s+DATA\s+)?TYPE\b|\bSET\s+NOT\s+NULL\b|\bADD\s+COLUMN\b(?![^;,]*\bDEFAULT\b)[^;,]*\bNOT\s+NULL\b|\bRETURNS\b/i;
    const code = (file: string) => read(file).replaceAll(/--.*$/gm, "");
    for (const wrong of [
      "ALTER TABLE a DROP COLUMN b",
      "ALTER TABLE a ADD COLUMN b int NOT NULL",
      "ALTER TABLE a RENAME TO b",
    ])
      expect(wrong).toMatch(takes);
    expect("ALTER TABLE a ADD COLUMN b int NOT NULL DEFAULT 0, ADD COLUMN c text").not.toMatch(takes);
    expect(NUMBERED.filter((file) => takes.test(code(file)))).toEqual([]);
  });

  test("has one body of each stored function and view", () => {
    const names = FUNCTIONS.flatMap((file) => bodies(file).map(({ name }) => name));
    expect(names.length).toBeGreaterThan(50);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  test("opens each stored function and view with a comment", () => {
    const bare = FUNCTIONS.flatMap((file) => bodies(file).filter(({ before }) => !before.startsWith("-- ")));
    expect(bare).toEqual([]);
  });

  test("makes stored functions and views so that they may be made again", () => {
    const once =
      /^\s*CREATE\s+(?!OR\s+REPLACE\b)((TEMP|TEMPORARY|RECURSIVE|MATERIALIZED)\s+)?(FUNCTION|PROCEDURE|VIEW)\b/im;
    expect(FUNCTIONS.filter((file) => once.test(read(file)))).toEqual([]);
  });

  test("grants and revokes in one file", () => {
    const wrong = FUNCTIONS.filter((file) => basename(file) !== "roles.sql" && /^(GRANT|REVOKE)\b/im.test(read(file)));
    expect(wrong).toEqual([]);
  });
});

test("no HTML collection is iterated where it is: jsdom searches all of it at each step", () => {
  const iterated = /(?:\.\.\.|\bof |Array\.from\(|\] = )[\w?!.[\]]+\.(?:rows|cells|children|attributes)\b/;
  const found = files
    .filter((file) => file.startsWith("backend/worker/packs/page/"))
    .flatMap((file) =>
      read(file)
        .split("\n")
        .map((line) => `${file}: ${line.trim()}`),
    )
    .filter((line) => iterated.test(line));
  expect(found).toEqual([]);
});

test("what marks a run as closed returns what moves its money, in the order of its view", () => {
  const view = /VIEW closed_runs AS\s+SELECT ([^;]*?)\s+FROM runs/.exec(read("migrations/functions/views.sql"))?.[1];
  const returned = /RETURNING ([^;]*?)\s+INTO v_closed;/.exec(read("migrations/functions/runs.sql"))?.[1];
  const columns = (list?: string) => list?.split(",").map((column) => column.trim());
  expect(columns(view)?.length).toBeGreaterThan(5);
  expect(columns(returned)).toEqual(columns(view));
});
