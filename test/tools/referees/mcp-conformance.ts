import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { NOT_APPLICABLE, type Revision, type Scenario, SCENARIOS } from "./mcp-scenarios.ts";

const SUITE = fileURLToPath(new URL("node_modules/@modelcontextprotocol/conformance/dist/index.js", import.meta.url));
const TIMEOUT_MS = 120_000;

const checks = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    status: z.enum(["SUCCESS", "FAILURE", "WARNING", "SKIPPED", "INFO"]),
    errorMessage: z.string().optional(),
  }),
);

export interface Judged {
  readonly name: string;
  readonly passed: number;
  readonly failures: readonly string[];
  /** Checks within the scenario that do not apply, and why. */
  readonly excused: readonly string[];
}

/** Runs one scenario of the suite. A check that is said not to apply and yet passes is a failure: the list is wrong. */
export async function conformance(url: string, revision: Revision, scenario: Scenario): Promise<Judged> {
  const { name, extension = false, except = {} } = scenario;
  const into = await mkdtemp(join(tmpdir(), "mcp-conformance-"));
  try {
    // Extensions are on no revision's own list; the suite runs them in the revision that they belong to.
    const version = extension ? [] : ["--spec-version", revision];
    const said = await run(["server", "--url", url, "--scenario", name, ...version, "-o", into]);
    const [directory] = await readdir(into);
    const file = directory === undefined ? undefined : join(into, directory, "checks.json");
    if (file === undefined)
      return { name, passed: 0, failures: [`${name}: did not run: ${said.slice(-500)}`], excused: [] };
    return judge(name, checks.parse(JSON.parse(await readFile(file, "utf8"))), except);
  } finally {
    await rm(into, { recursive: true, force: true });
  }
}

function judge(name: string, found: z.infer<typeof checks>, except: Readonly<Record<string, string>>): Judged {
  const bad = found.filter(({ status }) => status === "FAILURE" || status === "WARNING");
  const good = found.filter(({ status }) => status === "SUCCESS");
  const stale = Object.keys(except).filter((id) => !bad.some((check) => check.id === id));
  const unexpected = bad.filter(({ id }) => !Object.hasOwn(except, id));
  return {
    name,
    passed: good.length,
    failures: [
      ...(found.length === 0 ? [`${name}: checked nothing`] : []),
      ...unexpected.map(({ id, name: what, errorMessage = "" }) => `${name}: ${id} (${what}): ${errorMessage}`),
      ...stale.map((id) => `${name}: ${id} is said not to apply, and does`),
    ],
    excused: Object.entries(except).map(([id, why]) => `not applicable: ${name}: ${id}: ${why}`),
  };
}

/** The scenarios of the suite in this revision that we say nothing of, and those that we name and it does not have. */
export async function unaccounted(revision: Revision): Promise<readonly string[]> {
  const said = await run(["list", "--server"]);
  const offered = [...said.matchAll(/^ +- (?<name>\S+) \[(?<versions>[^\]]+)\]$/gm)].flatMap(({ groups = {} }) => {
    const { name = "", versions = "" } = groups;
    const ours = versions.split(",").includes(revision) || (versions === "extension" && revision === "2026-07-28");
    return ours ? [name] : [];
  });
  const named = [
    ...SCENARIOS[revision].map(({ name }) => name),
    ...NOT_APPLICABLE[revision].flatMap(([names]) => names),
  ];
  return [
    ...(offered.length === 0 ? [`the suite lists no scenario: ${said.slice(-500)}`] : []),
    ...offered.filter((name) => !named.includes(name)).map((name) => `${name}: neither run nor said not to apply`),
    ...named.filter((name) => !offered.includes(name)).map((name) => `${name}: the suite has no such scenario`),
    ...named.filter((name, at) => named.indexOf(name) !== at).map((name) => `${name}: named twice`),
  ];
}

function run(parameters: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, [SUITE, ...parameters], { timeout: TIMEOUT_MS }, (_error, stdout, stderr) => {
      resolve(`${stdout}${stderr}`);
    });
  });
}
