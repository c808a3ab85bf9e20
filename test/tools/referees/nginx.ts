import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { freePort } from "../../dev/free-port.ts";
import type { System } from "../../dev/system.ts";
import { type Owner, submitted } from "./finished-run.ts";
import type { Report } from "./report.ts";
import { fileOf } from "./tools.ts";

const HOST = "127.0.0.1";
const PATIENCE_MS = 20_000;
/** Long after the event has come by the other way. */
const HELD_BACK_MS = 1_500;

/** A run's events come through nginx, which holds answers back unless it is told otherwise, as they happen. */
export async function judgeByNginx(report: Report, owner: Owner, system: System, dir: string): Promise<void> {
  const what = "nginx passes each event on at once";
  const program = fileOf("nginx");
  if (program === undefined) return report.skip(what, "there is no nginx");
  const nginx = await startNginx(program, dir, owner.edgeUrl);
  try {
    await report.check(what, () => followRun(owner, system, nginx.url, nginx.heldBackUrl));
  } finally {
    await nginx.stop();
  }
}

/** While no worker runs, the run is QUEUED and its stream has one event. */
async function followRun(owner: Owner, system: System, url: string, heldBackUrl: string): Promise<void> {
  await system.stop("worker");
  let isStarted = false;
  try {
    const { run_id } = z.object({ run_id: z.uuid() }).parse(await submitted(owner.edgeUrl, owner.apiKey));
    const stream = await openEvents(url, owner.apiKey, run_id);
    const heldBack = await openEvents(heldBackUrl, owner.apiKey, run_id);
    await stream.until(/"status":"QUEUED"/);
    await sleep(HELD_BACK_MS);
    if (heldBack.said() !== "") throw new Error("an nginx that ignores the edge's header did not hold events back");
    await system.start("worker");
    isStarted = true;
    await stream.until(/"status":"COMPLETED"/);
    await stream.end();
    await heldBack.end();
    if (!heldBack.said().includes('"status":"COMPLETED"')) throw new Error("events were lost in nginx");
  } finally {
    if (!isStarted) await system.start("worker");
  }
}

async function openEvents(url: string, apiKey: string, run_id: string) {
  const abort = AbortSignal.timeout(2 * PATIENCE_MS);
  let text = "";
  const ended = fetch(`${url}/v1/runs/${run_id}/events`, {
    headers: { Authorization: `Bearer ${apiKey}`, Accept: "text/event-stream" },
    signal: abort,
  }).then(async (response) => {
    if (response.status !== 200 || response.body === null) throw new Error(`${response.status} for the stream`);
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) text += chunk;
  });
  // A fault is seen by whoever waits for the end.
  ended.catch(() => undefined);
  const until = async (said: RegExp) => {
    const end = Date.now() + PATIENCE_MS;
    while (!said.test(text)) {
      if (Date.now() > end)
        throw new Error(`nothing like ${String(said)} came through nginx, only ${JSON.stringify(text)}`);
      await sleep(20);
    }
  };
  return { until, said: () => text, end: () => ended };
}

const config = (dir: string, edgeUrl: string, port: number, heldBackPort: number) => `
daemon off;
master_process off;
worker_processes 1;
pid ${dir}/nginx.pid;
error_log stderr crit;
events {}
http {
  access_log off;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${dir}/${kind};`).join("\n  ")}
  server { listen ${HOST}:${port}; location / { proxy_pass ${edgeUrl}; } }
  server { listen ${HOST}:${heldBackPort}; location / { proxy_pass ${edgeUrl}; proxy_ignore_headers X-Accel-Buffering; } }
}
`;

async function startNginx(program: string, parent: string, edgeUrl: string) {
  const dir = join(parent, "nginx");
  mkdirSync(dir, { recursive: true });
  const [port, heldBackPort] = [await freePort(), await freePort()];
  writeFileSync(join(dir, "nginx.conf"), config(dir, edgeUrl, port, heldBackPort));
  const nginx = spawn(program, ["-p", dir, "-e", "stderr", "-c", join(dir, "nginx.conf")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  nginx.stderr.setEncoding("utf8").on("data", (text) => (said += text));
  const url = `http://${HOST}:${port}`;
  const heldBackUrl = `http://${HOST}:${heldBackPort}`;
  const until = Date.now() + PATIENCE_MS;
  while (!(await answers(`${url}/health`))) {
    if (nginx.exitCode !== null || Date.now() > until) {
      await stop(nginx);
      throw new Error(`nginx did not start: ${said}`);
    }
    await sleep(50);
  }
  return { url, heldBackUrl, stop: () => stop(nginx) };
}

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );

async function stop(nginx: ChildProcess): Promise<void> {
  if (nginx.exitCode !== null) return;
  const ended = once(nginx, "exit");
  nginx.kill("SIGTERM");
  await ended;
}
