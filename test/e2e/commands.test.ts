import { eventually } from "../support/eventually.ts";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { processes } from "../dev/processes.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** What the README says to paste while dev runs. */
const PASTED = [...readFileSync(join(ROOT, "README.md"), "utf8").matchAll(/^```sh\n(.*?)^```$/gms)]
  .map(([, block = ""]) => block)
  .filter((block) => block.includes("curl"))
  .join("");

/** On a crowded machine a stack takes minutes to start. */
const SEVERAL_STARTS = { timeout: 900_000 };

const stackFile = z.object({
  edge_url: z.url(),
  database_url: z.string(),
  redis_url: z.string(),
  sqs_endpoint: z.url(),
  queue_url: z.url(),
  dlq_url: z.url(),
  s3_endpoint: z.url(),
  bucket: z.string(),
  tenants: z.array(z.object({ tenant_id: z.guid(), name: z.string(), api_key: z.string(), admin_key: z.string() })),
  pids: z.object({
    postgres: z.number(),
    redis: z.number(),
    edge: z.number(),
    worker: z.number(),
    reaper: z.number(),
  }),
});

describe("the commands of a developer's day", SEVERAL_STARTS, () => {
  // A copy, so that changing a source file disturbs nobody.
  const checkout = mkdtempSync(join(tmpdir(), "dpp-checkout-"));
  const running = new Set<ChildProcess>();

  beforeAll(() => {
    for (const part of ["edge", "backend", "migrations", "test/dev", "test/support", "package.json", "tsconfig.json"]) {
      cpSync(join(ROOT, part), join(checkout, part), { recursive: true });
    }
    symlinkSync(join(ROOT, "node_modules"), join(checkout, "node_modules"));
  });
  afterAll(async () => {
    for (const child of running) child.kill("SIGKILL");
    await Promise.all([...running].map((child) => once(child, "exit")));
    rmSync(checkout, { recursive: true, force: true });
  });

  const { DPP_DEV_DIR: _, ...env } = process.env;
  const start = (file: string, ...args: string[]) => startWith({}, file, ...args);
  const startWith = (settings: Record<string, string>, file: string, ...args: string[]) => {
    const child = spawn(process.execPath, ["--import", "./backend/text-loader.ts", file, ...args], {
      cwd: checkout,
      env: { ...env, ...settings },
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(child);
    child.once("exit", () => running.delete(child));
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text) => (output += text));
    return { child, output: () => output, exit: once(child, "exit").then(([code]) => code as number | null) };
  };
  const readStack = () => stackFile.parse(JSON.parse(readFileSync(join(checkout, ".dev/stack.json"), "utf8")));
  const alive = (pid: number) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  const budget = async (edge_url: string, key = "") =>
    (await fetch(`${edge_url}/v1/budget`, { headers: { authorization: `Bearer ${key}` } })).json();

  test("demo does the main job and ends in exit 0, leaving nothing behind", async () => {
    const demo = start("test/dev/demo.ts");
    expect(await demo.exit, demo.output()).toBe(0);
    expect(demo.output()).toContain("sha256 verified");
    expect(demo.output()).toContain("The main job holds");
  });

  test("dev refuses an unknown argument with exit 2 and says what it takes", async () => {
    const dev = start("test/dev/dev.ts", "--fersh");
    expect(await dev.exit).toBe(2);
    expect(dev.output()).toContain("--fersh");
    expect(dev.output()).toContain("usage:");
  });

  test.each(["test/dev/dev.ts", "test/dev/demo.ts"])(
    "%s says why a process cannot start, and ends in exit 1 with nothing left running",
    async (file) => {
      const state = mkdtempSync(join(tmpdir(), "dpp-misconfigured-"));
      const misconfigured = startWith({ DPP_LEASE_SECONDS: "soon", DPP_DEV_DIR: state }, file);
      expect(await misconfigured.exit).toBe(1);
      expect(misconfigured.output()).toContain("DPP_LEASE_SECONDS: must be a number of seconds");
      expect(misconfigured.output()).not.toMatch(/^\s+at /m);
      expect(processes().filter(({ command }) => command.includes(state))).toEqual([]);
      rmSync(state, { recursive: true, force: true });
    },
  );

  describe("dev", () => {
    let dev: ReturnType<typeof start>;
    let before: ReturnType<typeof readStack>;

    test("brings everything up, and serves what the README says to paste", async () => {
      dev = start("test/dev/dev.ts");
      before = await eventually(readStack);
      expect(before.tenants).toHaveLength(2);
      expect(await budget(before.edge_url, before.tenants[0]?.api_key)).toMatchObject({ granted_usd: "100.0000" });

      const { stdout } = await promisify(execFile)("bash", ["-c", PASTED], { cwd: checkout, env });
      expect(stdout).toContain('"status":"COMPLETED"');
      expect(stdout).toContain("The receipt is genuine.");
      expect(stdout).toMatch(/^event: status$/m);
      expect(stdout).toMatch(/^\d+,CHARGE,reserved,revenue,0\.0110,/m);
      expect(stdout).toContain('"status":"revoked"');
      expect(stdout).toContain("HTTP/1.1 204");
      // Two runs were pasted.
      expect(stdout).toContain('"charged_usd":"0.0220"');
    });

    test("restarts what a change touches, and leaves no process", async () => {
      // To pack the client restarts nothing.
      mkdirSync(join(checkout, "edge/client/dist"), { recursive: true });
      appendFileSync(join(checkout, "edge/client/dist/client.js"), "");
      appendFileSync(join(checkout, "backend/worker/loop.ts"), "\n// touched\n");
      const touched = await eventually(() => {
        const now = readStack();
        expect(now.pids.worker).not.toBe(before.pids.worker);
        return now;
      });
      expect(touched.pids).toMatchObject({ edge: before.pids.edge, reaper: before.pids.reaper });
      appendFileSync(join(checkout, "edge/app.ts"), "\n// touched\n");
      const again = await eventually(() => {
        const now = readStack();
        expect(now.pids.edge).not.toBe(before.pids.edge);
        return now;
      });
      const [ada] = before.tenants;
      expect(await budget(again.edge_url, ada?.api_key)).toMatchObject({ granted_usd: "100.0000" });

      dev.child.kill("SIGINT");
      expect(await dev.exit, dev.output()).toBe(0);
      for (const pid of Object.values(again.pids)) expect(alive(pid)).toBe(false);
      expect(existsSync(join(checkout, ".dev/stack.json"))).toBe(false);
    });

    test("keeps its state, and refuses a second one beside it", async () => {
      dev = start("test/dev/dev.ts");
      const kept = await eventually(readStack);
      expect(kept.tenants).toEqual(before.tenants);
      const [ada] = kept.tenants;
      expect(await budget(kept.edge_url, ada?.api_key)).toMatchObject({
        granted_usd: "100.0000",
        charged_usd: "0.0220",
      });
      const rival = start("test/dev/dev.ts", "--fresh");
      expect(await rival.exit).toBe(1);
      expect(rival.output()).toContain("already runs");
      dev.child.kill("SIGTERM");
      expect(await dev.exit).toBe(0);
    });

    test("begins with an empty state where that is asked for", async () => {
      dev = startWith({ npm_config_fresh: "true" }, "test/dev/dev.ts");
      const fresh = (await eventually(readStack)).tenants.map((tenant) => tenant.tenant_id);
      for (const { tenant_id } of before.tenants) expect(fresh).not.toContain(tenant_id);
      dev.child.kill("SIGINT");
      expect(await dev.exit).toBe(0);
    });
  });
});
