import { newId } from "#core/domain/ids.ts";
import { sha256Hex } from "#core/domain/hash.ts";
import { encodeSignal } from "#core/domain/message.ts";
import type { PriceRange } from "#core/domain/pack.ts";
import { Problem } from "#core/domain/problem.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { SignalSender } from "#core/ports/queue.ts";
import type { Random } from "#core/ports/random.ts";
import { Outage } from "#core/domain/outage.ts";
import type { FoundRun } from "#core/store/runs/find-run.ts";
import { submitRun, type Submission, type SubmitResult } from "#core/store/runs/submit-run.ts";
import { admit, type Admission } from "#core/store/redis/admit.ts";
import { release } from "#core/store/redis/release.ts";
import { syncTenant } from "#core/store/sync-tenant.ts";
import type { Defer } from "../http/defer.ts";
import type { IsolateRateLimiter } from "../admission/isolate-rate-limiter.ts";
import type { Outcome } from "../admission/outcome.ts";
import { rateLimited, scopeMissing, unauthorized, unavailable } from "../admission/problems.ts";
import * as refuse from "./problems.ts";
import { askShield, recordKeyVerdict, type Caller, type ShieldDeps, type Shielded } from "../admission/shield.ts";

export interface SubmitDeps extends ShieldDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly signals: SignalSender;
  /** Reloads of a tenant's mirror because Postgres disagreed with it, by key hash. */
  readonly refreshes: IsolateRateLimiter;
  readonly defer: Defer;
}

/** What is made of every byte of a body: once, and only when the shield has found the tenant of its key. */
type SubmitContent = Pick<Submission, "payload_sha256" | "inputs">;

export interface SubmitRequest extends Omit<Submission, "run_id" | "key_sha256" | keyof SubmitContent> {
  readonly content: () => SubmitContent;
  readonly price: Pick<PriceRange, "least" | "most">;
  /** Why this service cannot do the work at all. */
  readonly refusal?: Problem | undefined;
}

export interface Submitted {
  readonly run: FoundRun;
  readonly replayed: boolean;
}

/** How S2 is asked, after what S1 said. */
interface Question {
  readonly run_id: string;
  readonly mode: "reserve" | "dry-run";
  /** What Redis may hold for this run id: to be released unless Postgres confirms it. */
  readonly held: boolean;
  /** What the shield refuses with, once Postgres has found no run of this key. */
  readonly refusal?: Problem;
}

/** Submit, S1 to S4 of PROTOCOL.md. Redis says no, fast; Postgres says yes, for good. */
export async function submit(deps: SubmitDeps, caller: Caller, request: SubmitRequest): Promise<Outcome<Submitted>> {
  const run_id = newId(deps.clock.now(), deps.random.bytes(16));
  const idempotency_sha256 = sha256Hex(request.idempotency_key);
  const { reserve, pack_type } = request;
  const price = request.price.least;

  // S1
  const shielded = await askShield<Admission>(deps, caller, {
    class: "submit",
    ask: (tenant_id) => {
      const { payload_sha256 } = request.content();
      return admit(deps.redis, {
        ...caller,
        tenant_id,
        idempotency_sha256,
        run_id,
        payload_sha256,
        reserve,
        price,
        pack_type,
      });
    },
  });
  const rate = shielded.kind === "answered" ? shielded.reply.rate : undefined;
  const question = decide(shielded, request, run_id);
  if (question instanceof Problem) return { rate, verdict: question };

  // S2
  const run = { ...request, ...request.content(), key_sha256: caller.key_sha256, run_id: question.run_id };
  const deadline_ms = deps.clock.now() + refuse.SUBMIT_DEADLINE_MS;
  let result: SubmitResult;
  try {
    result = await submitRun(deps.db, run, { mode: question.mode, deadline_ms });
  } catch (error) {
    if (!(error instanceof Outage)) throw error;
    if (question.refusal?.slug === "scope-missing") return { rate, verdict: question.refusal };
    deps.log.error("the outcome of a submit is unknown", { error, run_id: question.run_id });
    return { rate, verdict: refuse.outcomeUnknown() };
  }

  reconcile(deps, caller, { shielded, question, result, idempotency_sha256 });
  // S4
  if (result.outcome === "inserted") {
    const signal = encodeSignal({ run_id: result.run.run_id, traceparent: request.traceparent });
    deps.defer("signal", () => deps.signals.send([signal]));
  }
  // S3
  if (result.outcome === "unauthorized") return { rate: undefined, verdict: unauthorized() };
  return { rate, verdict: conclude(result, request, question.refusal) };
}

/** What S1 leads to: a refusal, or a question for Postgres. What cannot be done, or is below its price, is never sold. */
function decide(shielded: Shielded<Admission>, request: SubmitRequest, run_id: string): Problem | Question {
  const decided = askedBy(shielded, request, run_id);
  const refusal = request.refusal ?? refuse.maxCostBelowPrice(request.reserve, request.price);
  if (refusal === undefined || decided instanceof Problem || decided.mode === "dry-run") return decided;
  return { ...decided, mode: "dry-run", refusal };
}

/** A run that exists is found whatever the shield says. */
function askedBy(shielded: Shielded<Admission>, request: SubmitRequest, run_id: string): Problem | Question {
  if (shielded.kind === "unauthorized") return unauthorized();
  if (shielded.kind === "limited") return rateLimited(shielded.retry_after_ms);
  if (shielded.kind === "bypassed") return { run_id, mode: "reserve", held: true };
  const { reply } = shielded;
  const dryRun = (refusal: Problem): Question => ({ run_id, mode: "dry-run", held: false, refusal });
  if (reply.kind === "RESERVED") return { run_id, mode: "reserve", held: true };
  if (reply.kind === "REPLAY") return { run_id: reply.run_id, mode: "reserve", held: true };
  if (reply.kind === "CONFLICT") return { run_id, mode: "reserve", held: false };
  if (reply.kind === "RATE_LIMITED") return rateLimited(reply.rate.retry_ms);
  // Such a run is refused in any case; but the key may be revoked by now.
  if (reply.kind === "SCOPE_MISSING") return dryRun(scopeMissing("submit"));
  if (reply.kind === "NO_BUDGET") return dryRun(refuse.budgetExceeded(request.reserve, reply.available, "tenant"));
  if (reply.kind === "COST_OVER_PLAN_LIMIT") return dryRun(refuse.costOverPlanLimit(reply.limit));
  // Such a submit is only a dry run, whatever the shield says: decide() knows the refusal.
  if (reply.kind === "COST_BELOW_PRICE") return { run_id, mode: "reserve", held: false };
  if (reply.kind === "TOO_MANY_OPEN") return dryRun(refuse.tooManyOpenRuns());
  return dryRun(refuse.packNotInPlan(request.pack_type));
}

interface Step {
  readonly shielded: Shielded<Admission>;
  readonly question: Question;
  readonly result: SubmitResult;
  readonly idempotency_sha256: string;
}

/** Takes back what Redis holds for a run that Postgres did not confirm, and reloads a mirror that was wrong. */
function reconcile(deps: SubmitDeps, caller: Caller, step: Step): void {
  const { shielded, result, idempotency_sha256 } = step;
  const { run_id, held } = step.question;
  const tenant_id = "tenant_id" in shielded ? shielded.tenant_id : undefined;
  const confirmed = result.outcome === "inserted" || (result.outcome === "existing" && result.run.run_id === run_id);
  if (held && !confirmed && tenant_id !== undefined) {
    deps.defer("release", () => release(deps.redis, { tenant_id, idempotency_sha256, run_id }));
  }
  // One that comes too late is turned away before its key is looked at.
  if (result.outcome !== "late")
    recordKeyVerdict(deps, caller, { shielded, authorized: result.outcome !== "unauthorized" });
  if (!disagrees(shielded, result) || !deps.refreshes.take(caller.key_sha256).allowed) return;
  deps.metrics.count("mirror_refreshed", { outcome: result.outcome });
  deps.defer("sync", () => syncTenant(deps, { key_sha256: caller.key_sha256 }, deps.grace_seconds));
}

/** Whether Postgres's answer shows that the mirror is wrong. Key caps and the operator's switch are not mirrored. */
function disagrees(shielded: Shielded<Admission>, result: SubmitResult): boolean {
  if (shielded.kind !== "answered") return false;
  const { kind } = shielded.reply;
  if (result.outcome === "unauthorized") return true;
  if (result.outcome === "scope-missing") return kind !== "SCOPE_MISSING";
  if (kind === "CONFLICT") return result.outcome === "inserted";
  // The price is the edge's to know: neither of them holds it.
  if (kind === "COST_BELOW_PRICE") return false;
  // It refused what Postgres, asked to look, would have taken.
  if (kind !== "RESERVED") return result.outcome === "absent";
  if (result.outcome === "insufficient") return result.refused_by === "tenant";
  return ["too-many-open", "pack-not-in-plan", "cost-over-plan-limit"].includes(result.outcome);
}

type RefusedOutcome = Exclude<SubmitResult["outcome"], "inserted" | "existing" | "insufficient" | "absent">;
type Asked = Pick<SubmitRequest, "pack_type" | "reserve">;

const REFUSALS: Readonly<Record<RefusedOutcome, (request: Asked) => Problem>> = {
  conflict: () => refuse.idempotencyConflict(),
  "too-many-open": () => refuse.tooManyOpenRuns(),
  unauthorized: () => unauthorized(),
  "scope-missing": () => scopeMissing("submit"),
  "read-scope-missing": () => scopeMissing("read"),
  "pack-not-in-plan": (request) => refuse.packNotInPlan(request.pack_type),
  "cost-over-plan-limit": () => refuse.costOverPlanLimit(),
  "read-only": () => refuse.readOnly(),
  late: () => unavailable(),
  "run-id-taken": () => unavailable(),
};

type Refusal = Exclude<SubmitResult, { readonly outcome: "inserted" | "existing" | "absent" }>;

/** What a submit is refused with, by what Postgres said. */
export function refusalFor(result: Refusal, request: Asked): Problem {
  if (result.outcome !== "insufficient") return REFUSALS[result.outcome](request);
  return refuse.budgetExceeded(request.reserve, result.available_micros, result.refused_by);
}

function conclude(result: SubmitResult, request: SubmitRequest, refusal: Problem | undefined): Submitted | Problem {
  if (result.outcome === "inserted" || result.outcome === "existing") {
    return { run: result.run, replayed: result.outcome === "existing" };
  }
  if (result.outcome === "absent") return refusal ?? unavailable();
  const refused = refusalFor(result, request);
  if (result.outcome === "insufficient") return refused;
  // Where both refuse for the same reason, the shield's answer says more.
  return refusal?.slug === refused.slug ? refusal : refused;
}
