import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { type Operation, operations } from "../../api/document.ts";
import { type Sample, sampleOf } from "../../api/sample.ts";

export interface DriftWorld {
  readonly edgeUrl: string;
  /** A key with every scope. */
  readonly apiKey: string;
  readonly document: string;
  /** Where webhooks may be sent to. */
  readonly hookUrl: string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  /** What Prism says against it; undefined where nothing. */
  readonly drift: string | undefined;
}

const PATIENCE_MS = 20_000;
const DRIFT = /stoplight\.io\/prism/;
const OVER = /"status":"(?!QUEUED|PROCESSING)/;

/** The operation's example, about things that are there; a run is over unless it is there to be canceled. */
export async function goodSample(world: DriftWorld, operation: Operation): Promise<Sample> {
  const [collection = "", inner] = operation.path.split(/\/\{\w+\}/);
  const create = operations.find(({ path, method }) => path === collection && method === "POST");
  if (create === undefined || collection === operation.path) return local(world, operation);
  const id = idIn(await asked(world, local(world, create)));
  if (collection === "/v1/runs" && operation.operationId !== "cancelRun") await over(world, id);
  if (inner !== "/deliveries") return local(world, operation, [id]);
  const create_run = operations.find(({ operationId }) => operationId === "createRun") as Operation;
  await over(world, idIn(await asked(world, sampleOf(create_run))));
  const text = await until(world, `${collection}/${id}${inner}`, /"delivery_id"/);
  return local(world, operation, [id, idIn((JSON.parse(text) as { deliveries: unknown[] }).deliveries[0])]);
}

/** The example, but webhooks go no further than this machine. */
function local({ hookUrl }: DriftWorld, operation: Operation, ids: readonly string[] = []): Sample {
  const sample = sampleOf(operation, ids);
  return operation.operationId === "createWebhook"
    ? { ...sample, body: { ...(sample.body as object), url: hookUrl, events: [] } }
    : sample;
}

function idIn(thing: unknown): string {
  const named = Object.entries(z.record(z.string(), z.unknown()).parse(thing));
  return z.uuid().parse(named.find(([name]) => /^(id|\w+_id)$/.test(name))?.[1], { reportInput: true });
}

const asked = async ({ edgeUrl, apiKey }: DriftWorld, sample: Sample): Promise<unknown> =>
  JSON.parse((await ask(edgeUrl, sample, apiKey)).text);

const over = (world: DriftWorld, run_id: string): Promise<string> => until(world, `/v1/runs/${run_id}`, OVER);

/** What is at this path, once it says that. */
async function until({ edgeUrl, apiKey }: DriftWorld, path: string, said: RegExp): Promise<string> {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const { text } = await ask(edgeUrl, { method: "GET", path, headers: {}, body: undefined }, apiKey);
    if (said.test(text)) return text;
    await sleep(50);
  }
  throw new Error(`${path} did not come to ${String(said)}`);
}

/** Asks Prism or the edge itself. */
export async function ask(
  url: string,
  { method, path, headers, body }: Sample,
  apiKey: string | undefined,
): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    redirect: "manual",
    signal: AbortSignal.timeout(PATIENCE_MS),
    headers: { ...headers, ...(apiKey !== undefined && { Authorization: `Bearer ${apiKey}` }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const violations = response.headers.get("sl-violations");
  return { status: response.status, text, drift: violations ?? (DRIFT.test(text) ? text : undefined) };
}
