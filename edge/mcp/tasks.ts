import { Problem, type ProblemSlug } from "#core/domain/problem.ts";
import { isExpired, isTerminal } from "#core/domain/run.ts";
import { uuid } from "#core/domain/ids.ts";
import type { FoundRun } from "#core/store/runs/find-run.ts";
import { unwrap } from "../admission/gate.ts";
import { cancel } from "../runs/cancel.ts";
import { findOwnRun } from "../runs/find-own-run.ts";
import { gateFor, type McpContext } from "./context.ts";
import { type Params, RPC, RpcError, paramsOf, taskParams } from "./protocol.ts";
import { POLL_INTERVAL_MS } from "./wait.ts";

type TaskStatus = "working" | "completed" | "cancelled";

/** A run as a task: the same id, so that whichever edge is asked knows it. */
export interface Task {
  readonly taskId: string;
  readonly status: TaskStatus;
  readonly statusMessage: string;
  readonly createdAt: string;
  readonly lastUpdatedAt: string;
  /** From its creation; null while it is not over, since retention counts from there. */
  readonly ttl_ms: number | null;
}

export function taskOf(run: FoundRun): Task {
  const { created_at, started_at, finished_at, retention_until, reason_detail } = run;
  return {
    taskId: run.run_id,
    status: statusOf(run),
    statusMessage: reason_detail ?? `The run is ${run.status}.`,
    createdAt: created_at.toISOString(),
    lastUpdatedAt: (finished_at ?? started_at ?? created_at).toISOString(),
    ttl_ms: retention_until === null ? null : Math.max(1, retention_until.getTime() - created_at.getTime()),
  };
}

/** A failed run is a completed call that says so: to `failed` belong the errors of the protocol alone. */
function statusOf({ status }: Pick<FoundRun, "status">): TaskStatus {
  if (!isTerminal(status)) return "working";
  return status === "CANCELED" ? "cancelled" : "completed";
}

/** As in the tasks extension of 2026-07-28. */
export const modernTask = ({ ttl_ms, ...task }: Task) => ({
  ...task,
  ttlMs: ttl_ms,
  pollIntervalMs: POLL_INTERVAL_MS,
});

/** As in 2025-11-25. */
export const legacyTask = ({ ttl_ms, ...task }: Task) => ({ ...task, ttl: ttl_ms, pollInterval: POLL_INTERVAL_MS });

/** The run that a request's taskId names. Another tenant's task is answered like one that never was. */
export async function runOfTask(ctx: McpContext, params: Params): Promise<FoundRun> {
  const run = await known(() => findOwnRun(gateFor(ctx, "read"), ctx.deps, idOf(params)));
  if (isExpired(run)) throw new RpcError(RPC.invalid_params, "The task has expired.");
  return run;
}

const OVER: ReadonlySet<ProblemSlug> = new Set(["run-already-terminal", "run-under-audit"]);

/** Requests the end of the task's run. A run that has ended, or is under audit, stays as it is. */
export async function cancelTask({ c, deps, caller }: McpContext, params: Params): Promise<void> {
  const run_id = idOf(params);
  try {
    await known(async () => unwrap(c, "read", await cancel(deps, caller, run_id)));
  } catch (error) {
    if (!(error instanceof Problem && OVER.has(error.slug))) throw error;
  }
}

function idOf(params: Params): string {
  const id = uuid.safeParse(paramsOf(taskParams, params).taskId);
  if (!id.success) throw taskNotFound();
  return id.data;
}

async function known<T>(find: () => Promise<T>): Promise<T> {
  try {
    return await find();
  } catch (error) {
    throw error instanceof Problem && error.slug === "not-found" ? taskNotFound() : error;
  }
}

const taskNotFound = () => new RpcError(RPC.invalid_params, "Task not found.");
