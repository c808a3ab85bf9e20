import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { z } from "zod";
import { encodeSignal } from "#core/domain/message.ts";
import { extraction, otherJobs } from "../../../dev/demo-other-jobs.ts";
import { signalQuietly } from "../../../dev/processes.ts";
import { held, drill } from "../drill.ts";
import type { Fault } from "../http-front.ts";
import { ask, buyOne, decisionBody, ended, type Stage, submit } from "../stage.ts";

/** More than QueueDeep allows. */
const DEEP = 1_005;
const AT_ONCE = 8;
const KILL_EACH_MS = 400;
const REASON = ["--reason", "rehearsal"];

/** Workers are gone, and callers go on buying. */
export const noWorker = drill({
  title: "no worker is left",
  alerts: [{ alert: "NoWorkerAlive" }, { alert: "QueuedRunsWait" }, { alert: "QueueDeep" }, { alert: "EdgeNotReady" }],
  stand_in: "a probe of /readyz in the place of the blackbox exporter",
  raise: async (stage) => {
    await Promise.all([stage.system.stop("worker"), stage.system.stop("worker-2")]);
    const tenant = await stage.newTenant("busy");
    let left = DEEP;
    const buy = async () => {
      while (left-- > 0) await submit(stage, tenant.api_key, decisionBody(`Question ${left}?`));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, buy));
    return tenant;
  },
  steps: [
    {
      runbook: "no-worker-alive",
      act: 4,
      follow: async (stage, { api_key }) => {
        await stage.dpp("switch", "set", "read-only", ...REASON);
        held((await ask(stage, api_key, "/v1/runs", decisionBody())).status === 503, "callers to be told");
      },
    },
    {
      runbook: "no-worker-alive",
      act: 2,
      follow: async ({ system }) => {
        await Promise.all([system.start("worker"), system.start("worker-2")]);
      },
    },
    { runbook: "queued-runs-wait", act: 1, follow: ({ system }) => system.start("worker-3") },
    {
      runbook: "queue-deep",
      act: 2,
      follow: async ({ dpp }, { tenant_id }) => {
        await dpp("plan", "define", "few-open", "--max-open-runs", "2");
        await dpp("plan", "set", "--tenant", tenant_id, "--plan", "few-open");
      },
    },
    { runbook: "edge-not-ready", act: 2, follow: ({ dpp }) => dpp("switch", "set", "normal", ...REASON) },
  ],
  over: async (stage, { api_key }) => {
    await buyOne(stage, api_key);
    await stage.system.stop("worker-3");
  },
});

/** Beside `noWorker`: what waited there starts late. */
export const startedLate = drill({
  title: "runs start late",
  alerts: [{ alert: "LatencyBudgetBurnsFast" }, { alert: "LatencyBudgetBurnsSlowly" }],
  raise: async () => undefined,
  // By now `noWorker` has started one worker more.
  steps: [
    {
      runbook: "latency-budget",
      act: 1,
      follow: async ({ db }) => {
        const waiting = await db.query("SELECT tenant_id, count(*) FROM runs WHERE status = 'QUEUED' GROUP BY 1", []);
        held(waiting.length <= 1, "one tenant alone to wait");
      },
    },
  ],
});

/** The work processes of the workers of this system that do OCR. */
function workProcesses({ system }: Stage): readonly number[] {
  return ["worker" as const, "worker-2" as const].flatMap((name) => {
    const pid = system.pid(name);
    return pid === null ? [] : childrenOf(pid).filter((child) => commandOf(child).includes("recognize-process"));
  });
}

const childrenOf = (pid: number) => readProc(`${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
const commandOf = (pid: number) => readProc(`${pid}/cmdline`);

/** Empty for a process that has ended. */
function readProc(file: string): string {
  try {
    return readFileSync(`/proc/${file}`, "utf8").trim();
  } catch {
    return "";
  }
}

/** A tenant whose inputs cost their work processes their lives, as the kernel ends one that is out of memory. */
async function runAway(stage: Stage) {
  const tenant = await stage.newTenant("runaway");
  const over = new AbortController();
  const body = otherJobs().find(({ body: { pack_type } }) => pack_type === "ocr")?.body;
  if (body === undefined) throw new Error("no job of ocr");
  const buy = async () => {
    while (!over.signal.aborted) {
      const response = await ask(stage, tenant.api_key, "/v1/runs", body);
      await response.arrayBuffer();
      if ([401, 403, 404].includes(response.status)) return;
      await sleep(1_000);
    }
  };
  const kill = async () => {
    while (!over.signal.aborted) {
      for (const pid of workProcesses(stage)) signalQuietly(pid, "SIGKILL");
      await sleep(KILL_EACH_MS);
    }
  };
  const buying = buy();
  // Whoever waits for it hears of it.
  buying.catch(() => undefined);
  return { ...tenant, over, killing: kill(), buying };
}

const keys = z.object({ keys: z.array(z.object({ key_id: z.string() })) });

export const runaway = drill({
  title: "a tenant's inputs end work processes",
  alerts: [{ alert: "WorkProcessesDie" }, { alert: "ErrorBudgetBurnsFast" }, { alert: "ErrorBudgetBurnsSlowly" }],
  stand_in: "SIGKILL in the place of the kernel's",
  raise: runAway,
  steps: [
    {
      runbook: "error-budget",
      act: 2,
      follow: async ({ db }, { tenant_id }) => {
        const sql = "SELECT FROM runs WHERE tenant_id = $1 AND reason_code IN ('WORK_PROCESS_LOST', 'NO_WORK_PROCESS')";
        held((await db.query(sql, [tenant_id])).length > 0, "runs that lost their work process");
      },
    },
    {
      runbook: "runaway-tenant",
      act: 1,
      follow: async ({ dpp }, { tenant_id }) => {
        const limits = ["--submit-per-minute", "6", "--submit-burst", "3", "--max-open-runs", "2"];
        await dpp("plan", "define", "restricted", ...limits);
        await dpp("plan", "set", "--tenant", tenant_id, "--plan", "restricted");
      },
    },
    {
      runbook: "runaway-tenant",
      act: 3,
      follow: async ({ dpp }, { tenant_id, buying }) => {
        const list = keys.parse(await dpp("key", "list", "--tenant", tenant_id)).keys;
        for (const { key_id } of list) await dpp("key", "revoke", key_id);
        await buying;
      },
    },
    {
      runbook: "work-processes-die",
      act: 1,
      follow: async (_, { over, killing }) => {
        over.abort();
        await killing;
      },
    },
  ],
  end: ({ over }) => over.abort(),
  over: (stage) => buyOne(stage, stage.buyer.api_key),
});

const KEY = "sk-second";

/** The provider of the model has withdrawn its key. */
export const modelFails = drill({
  title: "the model's endpoint refuses the key",
  alerts: [{ alert: "ModelFails" }],
  stand_in: "an OpenAI-compatible server of this machine in the place of the provider",
  raise: async (stage) => {
    const tenant = await stage.newTenant("extracting");
    const refuse: Fault = ({ headers }) =>
      headers.authorization === `Bearer ${KEY}` ? undefined : { status: 401, body: "invalid key" };
    stage.model.faults.add(refuse);
    const over = new AbortController();
    const buy = async () => {
      while (!over.signal.aborted) {
        await submit(stage, tenant.api_key, extraction.body);
        await sleep(500);
      }
    };
    const buying = buy();
    // Whoever waits for it hears of it.
    buying.catch(() => undefined);
    return { ...tenant, over, buying, refuse };
  },
  steps: [
    {
      runbook: "model-fails",
      act: 1,
      follow: async ({ system, settings }) => {
        for (const name of ["worker", "worker-2"] as const) {
          settings.set(name, { ...settings.get(name), DPP_MODEL_API_KEY: KEY });
          await system.stop(name);
          await system.start(name);
        }
      },
    },
  ],
  end: ({ over }) => over.abort(),
  over: async (stage, { api_key, over, buying, refuse }) => {
    over.abort();
    await buying;
    const run_id = await submit(stage, api_key, extraction.body);
    held((await ended(stage, api_key, run_id))?.status === "COMPLETED", "an extraction to succeed");
    stage.model.faults.delete(refuse);
  },
});

/** A worker that is ended again and again, as one whose container is too small. */
export const restarts = drill({
  title: "a worker starts again and again",
  alerts: [{ alert: "ProcessRestarts" }],
  stand_in: "SIGKILL in the place of the kernel's",
  raise: async ({ system }) => {
    const over = new AbortController();
    const kill = async () => {
      while (!over.signal.aborted) {
        const pid = system.pid("worker-2");
        if (pid !== null) signalQuietly(pid, "SIGKILL");
        // Until it is back and was scraped; at each start of its work it counts anew.
        await sleep(6_000, undefined, { signal: over.signal }).catch(() => undefined);
      }
    };
    return { over, killing: kill() };
  },
  end: ({ over }) => over.abort(),
  steps: [
    {
      runbook: "process-restarts",
      act: 1,
      follow: async (_, { over, killing }) => {
        over.abort();
        await killing;
      },
    },
  ],
});

export const deadLetters = drill({
  title: "a signal is given up",
  alerts: [{ alert: "DeadLetters" }],
  raise: async (stage) => {
    const { stack } = stage.system;
    const run_id = await buyOne(stage, stage.buyer.api_key);
    const sqs = new SQSClient({ region: stack.region, endpoint: stack.sqsEndpoint, credentials: stack });
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const MessageBody = encodeSignal({ run_id, traceparent });
    await sqs.send(new SendMessageCommand({ QueueUrl: stack.dlqUrl, MessageBody })).finally(() => sqs.destroy());
    return run_id;
  },
  steps: [
    {
      runbook: "dead-letters",
      act: 1,
      follow: async ({ dpp }, run_id) =>
        held(JSON.stringify(await dpp("dlq", "list")).includes(run_id), "the letter to name its run"),
    },
    { runbook: "dead-letters", act: 3, follow: ({ dpp }) => dpp("dlq", "redrive", "--all") },
  ],
});
