import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Decisionproof, signWebhook } from "../../../../edge/client/client.ts";
import { freePort } from "../../../dev/free-port.ts";
import { type ConsumerProject, ROOT } from "../../client/pack-client.ts";
import { ORDER, type Owner } from "../finished-run.ts";

const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
const POLL_MS = 100;
const PATIENCE_MS = 120_000;
/** It says nothing to anybody but its terminal. */
const QUIET = {
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  NO_COLOR: "1",
};

/** A delivery by the system, the same one again, and a forgery, to what `wrangler dev` runs. */
export async function tryWebhookWorker({ dir }: ConsumerProject, admin: Decisionproof, owner: Owner): Promise<void> {
  const url = `http://127.0.0.1:${await freePort()}/`;
  const { endpoint_id, secret } = await admin.webhooks.create({ url, events: ["run.completed"] });
  const worker = await startWrangler(dir, url, {
    WEBHOOK_SECRET: secret,
    DECISIONPROOF_API_KEY: owner.apiKey,
    DECISIONPROOF_BASE_URL: owner.edgeUrl,
  });
  try {
    const { run_id } = await new Decisionproof({ apiKey: owner.apiKey, baseUrl: owner.edgeUrl }).run(
      "compliance",
      ORDER,
    );
    const line = `run ${run_id} of compliance cost 0.0020 USD`;
    await until(() => worker.said().includes(line), "the Worker to work on the event", worker.said);

    const deliveries = () => admin.webhooks.deliveries(endpoint_id).toArray();
    const delivered = async () => (await deliveries()).filter(({ status }) => status === "delivered");
    await until(async () => (await delivered()).length === 1, "the delivery to be listed", worker.said);
    const [delivery] = await delivered();
    if (delivery === undefined) throw new Error("no delivery");
    const again = await admin.webhooks.redeliver(endpoint_id, delivery.delivery_id);
    await until(
      async () => (await deliveries()).every(({ status }) => status === "delivered"),
      `the event to be delivered again, ${again.delivery_id}`,
      worker.said,
    );
    if (worker.said().split(line).length !== 2) throw new Error(`the event was worked on twice:\n${worker.said()}`);

    const body = JSON.stringify({ type: "run.completed", data: { run: { run_id } } });
    const headers = await signWebhook({ id: "forged", body }, `whsec_${btoa("another secret, which nobody has")}`);
    const { status } = await fetch(url, { method: "POST", headers, body });
    if (status !== 400) throw new Error(`a forged webhook was answered with ${status}`);
  } finally {
    await worker.stop();
    await admin.webhooks.delete(endpoint_id);
  }
}

async function startWrangler(dir: string, url: string, variables: Readonly<Record<string, string>>) {
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(join(dir, ".env"), lines.join(""));
  const args = ["dev", "--ip", "127.0.0.1", "--port", new URL(url).port, "--show-interactive-dev-session=false"];
  const env = { ...process.env, ...QUIET, XDG_CONFIG_HOME: dir, WRANGLER_LOG_PATH: dir };
  const child = spawn(process.execPath, [WRANGLER, ...args], { cwd: dir, env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
  const ended = once(child, "exit");
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  try {
    await until(
      async () => child.exitCode !== null || (await fetch(url).catch(() => undefined))?.status === 405,
      "wrangler dev to serve",
      () => said,
    );
    if (child.exitCode !== null) throw new Error(`wrangler dev ended:\n${said}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { said: () => said, stop };
}

async function until(holds: () => boolean | Promise<boolean>, what: string, said: () => string): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; !(await holds()); await sleep(POLL_MS))
    if (Date.now() > end) throw new Error(`expected ${what}:\n${said()}`);
}
