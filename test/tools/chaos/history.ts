import { closeSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** Milliseconds: `mono` orders what one process saw; `wall` is comparable with the database's clock. */
const span = {
  mono_invoke: z.number(),
  mono_return: z.number(),
  wall_invoke: z.number(),
  wall_return: z.number(),
};
const refused = z.object({
  kind: z.literal("refused"),
  status: z.number(),
  slug: z.string(),
  /** Micros that a 422 said are available, and whose they are. */
  available: z.number().optional(),
  whose: z.enum(["tenant", "key"]).optional(),
});
const unknown = z.object({ kind: z.literal("unknown"), why: z.string() });

const ok = <T extends z.ZodRawShape>(shape: T) => z.object({ kind: z.literal("ok"), ...shape });
const outcome = <T extends z.ZodRawShape>(shape: T) => z.discriminatedUnion("kind", [ok(shape), refused, unknown]);

/** An HTTP request: who asked which edge with which key, and the run ids that the answer named beyond those of the request. */
const request = {
  ...span,
  client: z.string(),
  edge: z.number(),
  tenant_id: z.string(),
  key_id: z.string(),
  named: z.array(z.string()),
};
const money = { granted: z.number(), charged: z.number(), reserved: z.number(), available: z.number() };

const submit = z.object({
  op: z.literal("submit"),
  ...request,
  idempotency_key: z.string(),
  payload_sha256: z.string(),
  reserve: z.number(),
  outcome: outcome({ run_id: z.string(), replayed: z.boolean(), status: z.string() }),
});
const look = z.object({
  op: z.literal("look"),
  ...request,
  run_id: z.string(),
  outcome: outcome({ status: z.string(), money_state: z.string(), charged: z.number().nullable() }),
});
const result = z.object({
  op: z.literal("result"),
  ...request,
  run_id: z.string(),
  /** `sha256` as told, `body_sha256` and `cost` of what was downloaded; null where the download did not come. */
  outcome: outcome({ sha256: z.string(), body_sha256: z.string().nullable(), cost: z.number().nullable() }),
});
const cancel = z.object({
  op: z.literal("cancel"),
  ...request,
  run_id: z.string(),
  /** `http` 200: canceled; 202: asked for, while a result is being written. */
  outcome: outcome({ http: z.number(), status: z.string(), charged: z.number().nullable() }),
});
const budget = z.object({
  op: z.literal("budget"),
  ...request,
  outcome: outcome({ ...money, open_runs: z.number(), cap: z.number().nullable(), committed: z.number().nullable() }),
});
/** A question for a run of another tenant. */
const probe = z.object({ op: z.literal("probe"), ...request, path: z.string(), outcome: outcome({}) });

const operator = { ...span, tenant_id: z.string() };
const done = z.discriminatedUnion("kind", [ok({}), unknown]);
const grant = z.object({
  op: z.literal("grant"),
  ...operator,
  grant_id: z.string(),
  amount: z.number(),
  outcome: done,
});
const clawback = z.object({
  op: z.literal("clawback"),
  ...operator,
  clawback_id: z.string(),
  amount: z.number(),
  outcome: z.discriminatedUnion("kind", [ok({ taken: z.number() }), unknown]),
});
const revoke = z.object({ op: z.literal("revoke"), ...operator, key_id: z.string(), outcome: done });
const plan = z.object({ op: z.literal("plan"), ...operator, plan_id: z.string(), outcome: done });
const kill = z.object({ op: z.literal("kill"), ...span, what: z.string(), target: z.string() });

const event = z.discriminatedUnion("op", [
  submit,
  look,
  result,
  cancel,
  budget,
  probe,
  grant,
  clawback,
  revoke,
  plan,
  kill,
]);

export type Event = z.infer<typeof event>;
export type EventOf<O extends Event["op"]> = Extract<Event, { op: O }>;
export type Submit = EventOf<"submit">;
export type Refused = z.infer<typeof refused>;
export type Unknown = z.infer<typeof unknown>;

export interface Scribe {
  /** Appends, before anything is done with what was learned. */
  write(event: Event): void;
  close(): void;
}

/** One append-only file of JSON lines per writer. */
export function scribe(dir: string, name: string): Scribe {
  const file = openSync(join(dir, `${name}.jsonl`), "a", 0o600);
  return { write: (event) => void writeSync(file, `${JSON.stringify(event)}\n`), close: () => closeSync(file) };
}

/** All that was written, in order of invocation. */
export function readHistory(dir: string): readonly Event[] {
  return readdirSync(dir)
    .filter((name) => name.endsWith(".jsonl"))
    .flatMap((name) => readFileSync(join(dir, name), "utf8").split("\n"))
    .filter((line) => line !== "")
    .map((line) => event.parse(JSON.parse(line)))
    .toSorted((a, b) => a.mono_invoke - b.mono_invoke);
}

/** Now, by both clocks. */
export const instant = () => ({ mono: performance.now(), wall: Date.now() });

export function spanFrom(began: ReturnType<typeof instant>): z.infer<z.ZodObject<typeof span>> {
  const { mono, wall } = instant();
  return { mono_invoke: began.mono, mono_return: mono, wall_invoke: began.wall, wall_return: wall };
}
