import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { VERSION } from "#core/domain/version.ts";
import { startEdge } from "../../dev/edge.ts";
import { freePort } from "../../dev/free-port.ts";
import type { Report } from "../referees/report.ts";
import type { Engine } from "./engine.ts";
import { outcomeOf } from "./programs.ts";

/** A Worker of the paid plan has 10 MiB; less starts faster. */
const MOST_GZIP_KIB = 1_024;
const ENVIRONMENTS = ["", "staging", "production"];

/** A binding of the environment, as wrangler prints those that it would deploy. */
const printed = (text: string) =>
  Object.fromEntries(
    [...text.matchAll(/^env\.(\w+) \("(.*)"\)\s+Environment Variable/gm)].map(([, name = "", value = ""]) => [
      name,
      value,
    ]),
  );

const health = z.object({ version: z.literal(VERSION) });

/** What wrangler would deploy to each environment, built by it and started in workerd. */
export async function checkEdge(report: Report, engine: Engine): Promise<void> {
  for (const environment of ENVIRONMENTS) {
    const name = environment === "" ? "no environment" : environment;
    const dir = join(engine.dir, `edge-${environment}`);
    const isBuilt = await report.check(`wrangler builds what it would deploy: ${name}`, () => build(dir, environment));
    if (isBuilt) await report.check(`workerd starts it: ${name}`, () => start(dir));
  }
}

async function build(dir: string, environment: string): Promise<void> {
  const args = ["deploy", "--dry-run", "--outdir", dir, `--env=${environment}`];
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_LOG_PATH: dir, NO_COLOR: "1" };
  const { code, out, err } = await outcomeOf("node_modules/.bin/wrangler", args, { env });
  if (code !== 0) throw new Error(out + err);
  const warnings = (out + err).split("\n").filter((line) => /warning|deprecated/i.test(line));
  if (warnings.length > 0) throw new Error(warnings.join("\n"));
  const [, gzip = "Infinity"] = /gzip: ([\d.]+) KiB/.exec(out) ?? [];
  if (!(Number(gzip) <= MOST_GZIP_KIB)) throw new Error(`the bundle has ${gzip} KiB gzip of ${MOST_GZIP_KIB}`);
  if (!/^env\.METRICS .*Analytics Engine Dataset/m.test(out)) throw new Error(`no dataset for metrics:\n${out}`);
  const variables = printed(out);
  const wanted = ["AWS_REGION", "SQS_QUEUE_URL", "S3_BUCKET", ...(environment === "" ? [] : ["DPP_ORIGIN"])];
  const missing = wanted.filter((each) => variables[each] === undefined);
  if (missing.length > 0) throw new Error(`no variable ${missing.join(", ")}:\n${out}`);
}

/** Without its secrets the Worker is alive, takes no work, and logs what is missing. */
async function start(dir: string): Promise<void> {
  const texts = readdirSync(dir).filter((file) => /\.(lua|sql)$/.test(file));
  const read = (file: string) => readFileSync(join(dir, file), "utf8");
  const lines: string[] = [];
  const edge = await startEdge({
    script: read("main.js"),
    texts: Object.fromEntries(texts.map((file) => [file, read(file)])),
    bindings: {},
    port: await freePort(),
    log: (line) => lines.push(line),
  });
  try {
    health.parse(await (await fetch(`${edge.url}/health`)).json());
    const { status } = await fetch(`${edge.url}/v1/budget`);
    if (status !== 503) throw new Error(`GET /v1/budget without an environment: ${status}`);
    const isNamed = lines.some((line) => line.includes("invalid environment") && line.includes("DATABASE_URL"));
    if (!isNamed) throw new Error(`the log names no missing variable: ${lines.join("\n")}`);
  } finally {
    await edge.dispose();
  }
}
