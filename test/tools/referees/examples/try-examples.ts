import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parse } from "yaml";
import { z } from "zod";
import { Decisionproof } from "../../../../edge/client/client.ts";
import type { DemoTenant } from "../../../dev/demo-tenant.ts";
import { type ConsumerProject, consumerProject, ROOT, typeErrors } from "../../client/pack-client.ts";
import { startOpenAi } from "../hosts/openai-stand-in.ts";
import type { Report } from "../report.ts";
import { MODULES } from "../tools.ts";
import { tryWebhookWorker } from "./try-webhook-worker.ts";

const run = promisify(execFile);
const EXAMPLES = join(ROOT, "edge/client/examples");
const AI_SDK_MODEL = fileURLToPath(new URL("ai-sdk-model.ts", import.meta.url));
const ON_NODE = ["ai-sdk-agent.ts", "openai-agent.ts", "nightly-eval.ts"];
/** Of seven started pieces of 10 KB, as the stand-in of the AI SDK's model has it. */
const TEXT = "Write to ada@example.com.".padEnd(65_000, " and so on");
const REFUSAL = /refused.*422 budget-exceeded: /;

export interface ExampleWorld {
  readonly edgeUrl: string;
  readonly tenant: DemoTenant;
}

/** What the client's examples do, as their README says to start them, with models that stand in for bought ones. */
export async function tryExamples(report: Report, { edgeUrl, tenant }: ExampleWorld): Promise<void> {
  using project = await exampleProject();
  const admin = new Decisionproof({ apiKey: tenant.admin_key, baseUrl: edgeUrl });
  const options = { module: "NodeNext", allowImportingTsExtensions: true, skipLibCheck: true };
  await report.check("the examples compile", async () => {
    const errors =
      (await typeErrors(project.dir, { ...options, lib: ["ES2023", "DOM"], types: ["node"] }, ON_NODE)) +
      (await typeErrors(project.dir, { ...options, lib: ["ES2023"], types: ["@cloudflare/workers-types"] }, [
        "webhook-worker.ts",
      ]));
    if (errors !== "") throw new Error(errors);
  });
  await report.check("the agent with the AI SDK spends its cap, and reads why it is refused more", () =>
    byAiSdk(project, admin, edgeUrl),
  );
  await report.check("the agent with OpenAI Agents spends its cap, and reads why it is refused more", () =>
    byOpenAiAgents(project, admin, edgeUrl),
  );
  await report.check("the Worker takes each webhook once, and no forged one", () =>
    tryWebhookWorker(project, admin, { edgeUrl, apiKey: tenant.api_key }),
  );
  await report.check("the nightly eval passes, fails the build under its threshold, and buys a day's cases once", () =>
    byNightlyEval(project, { edgeUrl, apiKey: tenant.api_key }, admin),
  );
}

/** A project with the examples, the client as npm would install it, and the packages that their README installs. */
async function exampleProject(): Promise<ConsumerProject> {
  const project = await consumerProject();
  cpSync(EXAMPLES, project.dir, { recursive: true });
  const modules = join(project.dir, "node_modules");
  for (const scope of ["@openai", "@cloudflare"]) mkdirSync(join(modules, scope));
  for (const name of ["ai", "@openai/agents", "zod"]) symlinkSync(join(MODULES, name), join(modules, name));
  const types = "@cloudflare/workers-types";
  symlinkSync(join(ROOT, "node_modules", types), join(modules, types));
  return project;
}

/** Runs an example to its end, with its environment alone. */
async function outcomeOf(dir: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  const options = { cwd: dir, env: { PATH: process.env["PATH"], NO_COLOR: "1", ...env } };
  const { code, stdout, stderr } = await run(process.execPath, args, options).then(
    (said) => ({ ...said, code: 0 }),
    (error: { readonly code: number; readonly stdout: string; readonly stderr: string }) => error,
  );
  return { code, text: stdout + stderr };
}

function expect(holds: boolean, what: string, text: string): void {
  if (!holds) throw new Error(`expected ${what}:\n${text}`);
}

async function byAiSdk({ dir }: ConsumerProject, admin: Decisionproof, edgeUrl: string): Promise<void> {
  const { key_id, api_key } = await admin.keys.create({ name: "maker", scopes: ["submit", "read", "admin"] });
  const { code, text } = await outcomeOf(dir, ["--import", AI_SDK_MODEL, "ai-sdk-agent.ts", "Mask this."], {
    DECISIONPROOF_BASE_URL: edgeUrl,
    DECISIONPROOF_ADMIN_KEY: api_key,
  });
  expect(code === 0 && REFUSAL.test(text), "the model to read of the refusal", text);
  expect(text.includes("spent 0.0080 of 0.0150 USD"), "what was spent", text);
  const made = (await admin.keys.list().toArray()).find(({ name }) => name === "agent of one task");
  expect(made?.status === "revoked" && made.spent_usd === "0.0080", "the agent's key to be revoked", text);
  await admin.keys.revoke(key_id);
}

async function byOpenAiAgents({ dir }: ConsumerProject, admin: Decisionproof, edgeUrl: string): Promise<void> {
  const call = { name: "mask_personal_data", given: { text: TEXT } };
  const scores = [8, 3].map((score, at) => ({ name: ["tea", "coffee"][at], scores: [score] }));
  const criteria = [{ name: "calm", weight: 1, direction: "max" }];
  const rank = { name: "rank_options", given: { question: "Tea or coffee?", criteria, options: scores } };
  const openAi = await startOpenAi(call, rank, call, call);
  try {
    const made = { name: "editor", scopes: ["submit", "read"] as ("submit" | "read")[] };
    const capped = await admin.keys.create({ ...made, spending_cap_usd: "0.0400" });
    const free = await admin.keys.create(made);
    const env = (apiKey: string) => ({
      DECISIONPROOF_BASE_URL: edgeUrl,
      DECISIONPROOF_API_KEY: apiKey,
      OPENAI_API_KEY: "none",
      OPENAI_BASE_URL: openAi.url,
      OPENAI_AGENTS_DISABLE_TRACING: "1",
    });
    const { code, text } = await outcomeOf(dir, ["openai-agent.ts", "Mask this."], env(capped.api_key));
    expect(code === 0 && text.includes("bought\nspent 0.0"), "the agent to come to its end", text);
    const read = openAi.outputs.map((output) => JSON.stringify(output));
    expect(read.length === 4 && REFUSAL.test(read.at(-1) ?? ""), "the last call to be refused", read.join("\n"));
    expect(
      read.slice(0, 3).every((each) => !each.includes("refused")),
      "the others to be served",
      read.join("\n"),
    );
    const uncapped = await outcomeOf(dir, ["openai-agent.ts"], env(free.api_key));
    expect(uncapped.code === 1 && uncapped.text.includes("spending cap"), "a key without a cap to be refused", text);
  } finally {
    await openAi.stop();
  }
}

const workflow = z.object({
  jobs: z.object({
    eval: z.object({ steps: z.array(z.object({ name: z.string().optional(), run: z.string().optional() })) }),
  }),
});

/** The step of the workflow as it stands, as CI would run it. */
async function byNightlyEval(
  { dir }: ConsumerProject,
  { edgeUrl, apiKey }: { readonly edgeUrl: string; readonly apiKey: string },
  admin: Decisionproof,
): Promise<void> {
  const { steps } = workflow.parse(parse(readFileSync(join(dir, "nightly-eval.yml"), "utf8"))).jobs.eval;
  const command = steps.find(({ name }) => name === "score")?.run ?? "";
  expect(command.startsWith("node nightly-eval.ts "), "a step that scores", command);
  const page = join(dir, "summary.md");
  const score = (...outputs: readonly string[]) => {
    const lines = outputs.map((output, at) => JSON.stringify({ id: `case-${at}`, output, expected: "Paris" }));
    writeFileSync(join(dir, "cases.jsonl"), lines.join("\n"));
    return outcomeOf(dir, command.split(" ").slice(1), {
      DECISIONPROOF_BASE_URL: edgeUrl,
      DECISIONPROOF_API_KEY: apiKey,
      GITHUB_STEP_SUMMARY: page,
    });
  };
  const charged = async () => (await admin.budget()).charged_usd;
  const good = await score("Paris", "paris");
  expect(good.code === 0 && good.text.startsWith("ok: 2 of 2 cases pass"), "a build that passes", good.text);
  const paid = await charged();
  const again = await score("Paris", "paris");
  expect(again.text === good.text && (await charged()) === paid, "the same cases to cost nothing", again.text);
  const bad = await score("Paris", "London");
  expect(bad.code === 1 && /^FAILED: 1 of 2 cases [^]*- case-1: /.test(bad.text), "a build that fails", bad.text);
  const summary = readFileSync(page, "utf8");
  expect(summary === good.text + again.text + bad.text, "the summary to be what was printed", summary);
}
