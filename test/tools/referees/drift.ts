import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Operation, operations } from "../../api/document.ts";
import { isId, type Sample, sampleOf } from "../../api/sample.ts";
import { freePort } from "../../dev/free-port.ts";
import { ask, type DriftWorld, goodSample } from "./good-sample.ts";
import type { Report } from "./report.ts";
import { startTool } from "./tools.ts";

const HOST = "127.0.0.1";
const PATIENCE_MS = 20_000;
/** A cancel that comes after the end is as good as one before. */
const GOOD_TOO: Readonly<Record<string, number>> = { cancelRun: 409 };

/**
 * Prism stands between client and edge and turns whatever the document does not say into an error: requests and answers
 * where both are meant to be good, answers alone where the request is bad on purpose.
 */
export async function findDrift(report: Report, world: DriftWorld): Promise<void> {
  const unguarded = join(dirname(world.document), "openapi-unguarded.json");
  writeFileSync(unguarded, withoutSecurity(readFileSync(world.document, "utf8")));
  await report.check("Prism sees a drift that was put there", () => seeDrift(world));
  const strict = await startPrism(world, []);
  const lenient = await startPrism({ ...world, document: unguarded }, ["--validate-request=false"]);
  try {
    for (const operation of operations) {
      const name = `${operation.method} ${operation.path}`;
      await report.check(`no drift in a good ${name}`, async () => {
        const answer = await ask(strict.url, await goodSample(world, operation), world.apiKey);
        if (answer.drift !== undefined) throw new Error(answer.drift);
        const good = answer.status < 400 || answer.status === GOOD_TOO[operation.operationId];
        if (!good) throw new Error(`${answer.status} ${answer.text}`);
      });
      for (const { what, sample, apiKey } of badRequests(world, operation)) {
        await report.check(`no drift in ${name} ${what}`, async () => {
          const answer = await ask(lenient.url, sample, apiKey);
          if (answer.drift !== undefined) throw new Error(answer.drift);
          if (answer.status < 400 || answer.status >= 500) throw new Error(`${answer.status} ${answer.text}`);
        });
      }
    }
  } finally {
    await Promise.all([strict.stop(), lenient.stop()]);
  }
}

/** Against a document that says something else of an answer, or nothing. */
async function seeDrift(world: DriftWorld): Promise<void> {
  const tampered = join(dirname(world.document), "openapi-tampered.json");
  const text = readFileSync(world.document, "utf8");
  const parsed = JSON.parse(text) as Tampered;
  parsed.components.schemas.Health.properties.version.type = "integer";
  parsed.paths["/problems"].get.responses = { 404: parsed.paths["/problems"].get.responses[405] };
  writeFileSync(tampered, JSON.stringify(parsed));
  const prism = await startPrism({ ...world, document: tampered }, []);
  try {
    for (const path of ["/health", "/problems"]) {
      const { drift } = await ask(prism.url, { method: "GET", path, headers: {}, body: undefined }, undefined);
      if (drift === undefined) throw new Error(`nothing was said of ${path}`);
    }
  } finally {
    await prism.stop();
  }
}

interface Tampered {
  readonly components: {
    readonly schemas: { readonly Health: { readonly properties: { readonly version: { type: string } } } };
  };
  readonly paths: { readonly "/problems": { readonly get: { responses: Record<number, unknown> } } };
}

/** The document for who asks without a key: Prism would answer that itself. */
const withoutSecurity = (document: string): string =>
  JSON.stringify(JSON.parse(document), (name, value: unknown) => (name === "security" ? [] : value));

async function startPrism({ document, edgeUrl }: DriftWorld, more: readonly string[]) {
  const port = await freePort();
  const args = ["proxy", document, edgeUrl, "-h", HOST, "-p", String(port), "--errors", "--cors=false", ...more];
  const prism = startTool("@stoplight/prism-cli", "prism", args);
  let said = "";
  const url = `http://${HOST}:${port}`;
  for (const stream of [prism.stdout, prism.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
  const ended = once(prism, "exit");
  const stop = async () => {
    prism.kill("SIGTERM");
    await ended;
  };
  const until = Date.now() + PATIENCE_MS;
  while (!/is listening on/.test(said)) {
    if (prism.exitCode !== null || Date.now() > until) {
      await stop();
      throw new Error(`Prism did not start:\n${said}`);
    }
    await sleep(50);
  }
  return { url, stop };
}

interface Bad {
  readonly what: string;
  readonly sample: Sample;
  readonly apiKey: string | undefined;
}

function badRequests({ apiKey }: DriftWorld, operation: Operation): readonly Bad[] {
  if (operation.open) return [];
  const sample = sampleOf(operation);
  const bad: Bad[] = [
    { what: "without a key", sample, apiKey: undefined },
    { what: "with a key that is none", sample, apiKey: "dpp_test_nobody" },
    { what: "with a stray query parameter", sample: { ...sample, path: `${sample.path}?surprise=1` }, apiKey },
  ];
  const absent = operation.parameters.filter(isId).map(() => randomUUID());
  if (absent.length > 0) {
    bad.push({ what: "for what is not there", sample: sampleOf(operation, absent), apiKey });
    bad.push({ what: "for an id that is none", sample: sampleOf(operation, [...absent.slice(1), "nope"]), apiKey });
  }
  if (sample.body !== undefined) {
    const typed = { ...sample.headers, "Content-Type": "text/plain" };
    bad.push({ what: "with a body that does not fit", sample: { ...sample, body: { surprise: 1 } }, apiKey });
    bad.push({ what: "with text for a body", sample: { ...sample, headers: typed }, apiKey });
  }
  return bad;
}
