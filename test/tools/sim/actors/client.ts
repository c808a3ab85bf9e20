import { canonicalJson } from "#core/domain/idempotency.ts";
import { sha256Hex } from "#core/domain/hash.ts";
import { type Micros, minimumFee } from "#core/domain/money.ts";
import { Problem } from "#core/domain/problem.ts";
import type { SubmitRequest } from "../../../../edge/runs/submit.ts";
import { SUBMITTED } from "../../../support/submission.ts";
import { isOpen } from "../check/snapshot.ts";
import type { World } from "../world.ts";
import type { SimEdge } from "./edge.ts";
import { type PackPlan, priceOfPlan } from "./pack.ts";
import type { Account } from "./tenants.ts";

/** Something that a client wants done, under one Idempotency-Key for as long as it takes. */
export interface Intent {
  readonly account: Account;
  readonly idempotency_key: string;
  readonly reserve: Micros;
  readonly timebox_sec: number;
  readonly plan: PackPlan;
}

/** What the client learned of its intent. */
export interface Learned {
  run_id: string | undefined;
  /** The last definite refusal, by slug. */
  refused: string | undefined;
  /** How often it was told 503: after Retry-After the outcome stands. */
  unknown: number;
  /** How often its connection ended: what it sent may be carried out at any time. */
  lost: number;
  asked: number;
}

const MAX_TRIES = 40;

export const payloadOf = (intent: Intent): string =>
  sha256Hex(canonicalJson({ plan: intent.plan, reserve: intent.reserve, timebox_sec: intent.timebox_sec }));

export const requestOf = (intent: Intent): SubmitRequest => ({
  ...SUBMITTED,
  idempotency_key: intent.idempotency_key,
  content: () => ({ payload_sha256: payloadOf(intent), inputs: canonicalJson(intent.plan) }),
  reserve: intent.reserve,
  price: priceOfPlan(intent.plan),
  minimum_fee: minimumFee(intent.reserve, priceOfPlan(intent.plan).least),
  timebox_sec: intent.timebox_sec,
});

const runOf = (world: World, intent: Intent) =>
  world.snapshot.runs.find(
    (run) => run.tenant_id === intent.account.tenant_id && run.idempotency_key === intent.idempotency_key,
  );

/** A client that sends the same request until it knows what became of it, and holds every answer against the laws. */
export async function pursue(
  world: World,
  intent: Intent,
  pickEdge: () => SimEdge,
  wait: (ms: number) => Promise<void>,
): Promise<Learned> {
  const learned: Learned = { run_id: undefined, refused: undefined, unknown: 0, lost: 0, asked: 0 };
  const caller = { key_sha256: intent.account.key_sha256, address: "192.0.2.1" };
  while (learned.asked < MAX_TRIES) {
    learned.asked += 1;
    const before = { run: runOf(world, intent), revoked: intent.account.is_revoked, closure: world.closure };
    const { kind, ...said } = await pickEdge().submit(caller, requestOf(intent));
    const verdict = "answer" in said ? said.answer.verdict : undefined;
    world.note(
      "client",
      `${intent.idempotency_key} ${kind} ${verdict instanceof Problem ? verdict.slug : (verdict?.run.run_id ?? "")}`,
    );
    if (verdict === undefined) {
      learned.lost += 1;
      await wait(world.random.between(500, 8_000));
      continue;
    }
    if (!(verdict instanceof Problem)) {
      hear(world, intent, learned, verdict.run.run_id, before.revoked);
      const { closure } = before;
      const wasShut = closure?.mode === "halt" || (closure?.mode === "read-only" && !verdict.replayed);
      if (wasShut && closure === world.closure) {
        world.violate(`4: ${verdict.run.run_id} was accepted while the switch was set`);
      }
      return learned;
    }
    const retry_ms = retryAfter(verdict);
    if (verdict.slug === "unavailable") {
      learned.unknown += 1;
      learned.refused = undefined;
    } else if (retry_ms === undefined || verdict.slug === "too-many-open-runs")
      refuse(world, intent, learned, verdict.slug, before.run);
    if (retry_ms === undefined) return learned;
    await wait(retry_ms + world.random.between(0, 2_000));
  }
  return learned;
}

const retryAfter = (problem: Problem): number | undefined =>
  problem.extras.retry_after_s === undefined ? undefined : problem.extras.retry_after_s * 1000;

function hear(world: World, intent: Intent, learned: Learned, run_id: string, wasRevoked: boolean): void {
  learned.run_id = run_id;
  learned.refused = undefined;
  const run = runOf(world, intent);
  if (run?.run_id !== run_id)
    world.violate(`4: ${intent.idempotency_key} was answered ${run_id}, it is ${run?.run_id}`);
  if (run !== undefined && run.payload_sha256 !== `\\x${payloadOf(intent)}`) {
    world.violate(`4: ${intent.idempotency_key} was answered with another payload's run`);
  }
  if (wasRevoked) world.violate(`6: a revoked key was answered with ${run_id}`);
}

/** A run that existed when the request was sent must not be denied; 401 is about the key, not the run. */
function refuse(
  world: World,
  intent: Intent,
  learned: Learned,
  slug: string,
  existed: { readonly payload_sha256: string; readonly run_id: string } | undefined,
): void {
  learned.refused = slug;
  const isOurs = existed?.payload_sha256 === `\\x${payloadOf(intent)}`;
  if (isOurs && slug !== "unauthorized")
    world.violate(`4: ${intent.idempotency_key} was denied (${slug}), and it exists`);
  if (slug === "idempotency-conflict" && (existed === undefined ? runOf(world, intent) === undefined : isOurs)) {
    world.violate(`4: ${intent.idempotency_key} conflicts with nothing`);
  }
}

/** Reads its run until it has ended, or `times` is up: what was accepted is never unknown to its owner. */
export async function follow(
  world: World,
  intent: Intent,
  run_id: string,
  pickEdge: () => SimEdge,
  wait: (ms: number) => Promise<void>,
  times: number,
): Promise<void> {
  const caller = { key_sha256: intent.account.key_sha256, address: "192.0.2.1" };
  for (let i = 0; i < times; i++) {
    const revoked = intent.account.is_revoked;
    const heard = await pickEdge().read(caller, run_id);
    const verdict = heard.kind === "answered" ? heard.answer.verdict : undefined;
    if (verdict !== undefined && !(verdict instanceof Problem)) {
      if (revoked) world.violate("6: a revoked key was answered");
      if (verdict.kind !== "found") world.violate(`3: run ${run_id} was accepted, and then not found`);
    }
    const run = world.snapshot.runs.find((each) => each.run_id === run_id);
    if (run !== undefined && !isOpen(run)) return;
    await wait(world.random.between(1_000, 30_000));
  }
}

/** What a stranger may be told of a run: what it would be told of one that is not there. */
const BLIND = new Set(["not-found", "unauthorized", "rate-limited", "unavailable", "read-only"]);

/** Another tenant's look at a run finds nothing, and its cancel does nothing. */
export async function spy(world: World, account: Account, run_id: string, pickEdge: () => SimEdge): Promise<void> {
  const caller = { key_sha256: account.key_sha256, address: "192.0.2.2" };
  const seen = await pickEdge().read(caller, run_id);
  const found = seen.kind === "answered" ? seen.answer.verdict : undefined;
  const isBlind = found === undefined || (found instanceof Problem ? BLIND.has(found.slug) : found.kind !== "found");
  if (!isBlind) world.violate(`6: tenant ${account.tenant_id} saw run ${run_id}`);
  const reply = await pickEdge().cancel(caller, run_id);
  const canceled = reply.kind === "answered" ? reply.answer.verdict : undefined;
  const isIdle = canceled === undefined || (canceled instanceof Problem && BLIND.has(canceled.slug));
  if (!isIdle) world.violate(`6: tenant ${account.tenant_id} learned of run ${run_id} by a cancel`);
}
