import { createHash } from "node:crypto";
import { z } from "zod";
import { payloadHash } from "#core/domain/run-request.ts";
import { parseUsd } from "#core/domain/money.ts";
import { type Event, instant, type Refused, type Scribe, spanFrom, type Unknown } from "./history.ts";
import type { Seeded } from "./seeded.ts";
import type { ChaosKey, ChaosTenant } from "./tenants.ts";

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const PATIENCE_MS = { from: 1_500, to: 6_000 };
const usd = z.string().transform((text) => {
  const parsed = parseUsd(text);
  if (parsed === undefined) throw new Error(`not an amount: ${text}`);
  return Number(parsed);
});

const accepted = z.object({ run_id: z.guid(), status: z.string() });
const run = z.object({ status: z.string(), money_state: z.string(), cost: z.object({ actual_usd: usd.nullable() }) });
const result = z.object({ url: z.url(), sha256: z.string() });
const stored = z.object({ cost: z.object({ actual_usd: usd }) });
const budget = z.object({
  granted_usd: usd,
  charged_usd: usd,
  reserved_usd: usd,
  available_usd: usd,
  open_runs: z.number(),
  key: z.object({ cap_usd: usd, committed_usd: usd }).nullable(),
});
const problem = z.object({ type: z.url(), detail: z.string(), available_usd: usd.optional() });

/** Who asks, and for which tenant. */
export interface Caller {
  readonly tenant: ChaosTenant;
  readonly key: ChaosKey;
}

export interface Payload {
  readonly body: unknown;
  readonly reserve: number;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds until this client gives up. */
  readonly patience?: number;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** A client that writes down what it asked and what it learned, and goes to another edge when one fails it. */
export class Client {
  readonly #name: string;
  readonly #edges: readonly string[];
  readonly #crossing: number;
  readonly #random: Seeded;
  readonly #scribe: Scribe;
  #edge: number;

  /** `crossing`: the share of requests that go to another edge than the one before. */
  constructor(
    name: string,
    { edges, crossing }: { readonly edges: readonly string[]; readonly crossing: number },
    random: Seeded,
    scribe: Scribe,
  ) {
    this.#name = name;
    this.#edges = edges;
    this.#crossing = crossing;
    this.#random = random;
    this.#scribe = scribe;
    this.#edge = random.whole(0, edges.length - 1);
  }

  submit(caller: Caller, idempotency_key: string, payload: Payload, patience?: number) {
    const asked: Asked = {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": idempotency_key },
      body: JSON.stringify(payload.body),
      ...(patience === undefined ? {} : { patience }),
    };
    const about = { idempotency_key, payload_sha256: payloadHash(payload.body) ?? "", reserve: payload.reserve };
    const read = ({ text, headers }: Answer) => {
      const { run_id, status } = accepted.parse(JSON.parse(text));
      if (!caller.tenant.runs.includes(run_id)) caller.tenant.runs.push(run_id);
      return { kind: "ok" as const, run_id, status, replayed: headers.get("idempotency-replayed") === "true" };
    };
    return this.#ask(caller, "/v1/runs", asked, read, (base, outcome) => ({
      op: "submit",
      ...base,
      ...about,
      outcome,
    }));
  }

  look(caller: Caller, run_id: string) {
    const read = ({ text }: Answer) => {
      const { status, money_state, cost } = run.parse(JSON.parse(text));
      return { kind: "ok" as const, status, money_state, charged: cost.actual_usd };
    };
    return this.#ask(caller, `/v1/runs/${run_id}`, {}, read, (base, outcome) => ({
      op: "look",
      ...base,
      run_id,
      outcome,
    }));
  }

  result(caller: Caller, run_id: string) {
    const read = async ({ text }: Answer) => {
      const { url, sha256 } = result.parse(JSON.parse(text));
      const body = await download(url);
      if (body === undefined) return { kind: "ok" as const, sha256, body_sha256: null, cost: null };
      const { cost } = stored.parse(JSON.parse(new TextDecoder().decode(body)));
      const body_sha256 = createHash("sha256").update(body).digest("hex");
      return { kind: "ok" as const, sha256, body_sha256, cost: cost.actual_usd };
    };
    return this.#ask(caller, `/v1/runs/${run_id}/result`, {}, read, (base, outcome) => ({
      op: "result",
      ...base,
      run_id,
      outcome,
    }));
  }

  cancel(caller: Caller, run_id: string) {
    const read = ({ status: http, text }: Answer) => {
      const { status, cost } = run.parse(JSON.parse(text));
      return { kind: "ok" as const, http, status, charged: cost.actual_usd };
    };
    return this.#ask(caller, `/v1/runs/${run_id}/cancel`, { method: "POST" }, read, (base, outcome) => ({
      op: "cancel",
      ...base,
      run_id,
      outcome,
    }));
  }

  budget(caller: Caller) {
    const read = ({ text }: Answer) => {
      const { key, open_runs, ...money } = budget.parse(JSON.parse(text));
      return {
        kind: "ok" as const,
        granted: money.granted_usd,
        charged: money.charged_usd,
        reserved: money.reserved_usd,
        available: money.available_usd,
        open_runs,
        cap: key?.cap_usd ?? null,
        committed: key?.committed_usd ?? null,
      };
    };
    return this.#ask(caller, "/v1/budget", {}, read, (base, outcome) => ({ op: "budget", ...base, outcome }));
  }

  /** Asks for what is another tenant's. */
  probe(caller: Caller, method: string, path: string) {
    const read = () => ({ kind: "ok" as const });
    return this.#ask(caller, path, { method }, read, (base, outcome) => ({ op: "probe", ...base, path, outcome }));
  }

  async #ask<R>(
    { tenant, key }: Caller,
    path: string,
    asked: Asked,
    read: (answer: Answer) => R | Promise<R>,
    event: (base: Base, outcome: R | Refused | Unknown) => Event,
  ): Promise<R | Refused | Unknown> {
    const began = instant();
    if (this.#random.chance(this.#crossing)) this.#edge += 1;
    const edge = this.#edge % this.#edges.length;
    const answer = await this.#exchange(this.#edges[edge] ?? "", key, path, asked);
    const span = spanFrom(began);
    const text = typeof answer === "string" ? "" : answer.text;
    const named = [...new Set(text.match(UUID))].filter((id) => !path.includes(id));
    let outcome: R | Refused | Unknown;
    if (typeof answer === "string") outcome = { kind: "unknown", why: answer };
    else if (answer.status >= 500) outcome = { kind: "unknown", why: `${answer.status} ${slugOf(text)}` };
    else if (answer.status >= 400) outcome = refusal(answer);
    else outcome = await read(answer);
    const base = { ...span, client: this.#name, edge, tenant_id: tenant.tenant_id, key_id: key.key_id, named };
    this.#scribe.write(event(base, outcome));
    return outcome;
  }

  /** The answer, or why there is none. */
  async #exchange(edge: string, key: ChaosKey, path: string, asked: Asked): Promise<Answer | string> {
    const patience = asked.patience ?? this.#random.whole(PATIENCE_MS.from, PATIENCE_MS.to);
    try {
      const response = await fetch(`${edge}${path}`, {
        method: asked.method ?? "GET",
        headers: { ...asked.headers, authorization: `Bearer ${key.api_key}` },
        ...(asked.body === undefined ? {} : { body: asked.body }),
        signal: AbortSignal.timeout(patience),
      });
      return { status: response.status, headers: response.headers, text: await response.text() };
    } catch (error) {
      this.#edge += 1;
      if (error instanceof Error && error.name === "TimeoutError") return "this client gave up";
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      const code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
      return code ?? (cause instanceof Error ? cause.name : String(cause));
    }
  }
}

type Base = ReturnType<typeof spanFrom> & {
  client: string;
  edge: number;
  tenant_id: string;
  key_id: string;
  named: string[];
};

function slugOf(text: string): string {
  try {
    return problem.parse(JSON.parse(text)).type.split("/").at(-1) ?? "";
  } catch {
    return "without a problem";
  }
}

function refusal({ status, text }: Answer): Refused {
  const { type, detail, available_usd } = problem.parse(JSON.parse(text));
  const slug = type.split("/").at(-1) ?? "";
  if (available_usd === undefined) return { kind: "refused", status, slug };
  return {
    kind: "refused",
    status,
    slug,
    available: available_usd,
    whose: detail.includes("API key") ? "key" : "tenant",
  };
}

async function download(url: string): Promise<Uint8Array | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS.to) });
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
  } catch {
    return undefined;
  }
}
