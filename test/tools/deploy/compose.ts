import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { DASHBOARDS } from "../../../backend/deploy/dashboards/dashboards.ts";
import { decision } from "../../dev/demo-jobs.ts";
import { otherJobs } from "../../dev/demo-other-jobs.ts";
import { freePort } from "../../dev/free-port.ts";
import type { Report } from "../referees/report.ts";
import type { Engine } from "./engine.ts";
import { build, IMAGE } from "./image.ts";
import { buyAll } from "./paid-runs.ts";
import { outcomeOf, run, until } from "./programs.ts";
import { importNode, importServers, STAND_INS } from "./stand-ins.ts";

const FILE = "backend/deploy/compose.yaml";
const DEV_IMAGE = "localhost/decisionproof:development";
/** Everything but Grafana, of which there is no program to make a stand-in from. */
const SERVICES = ["worker", "reaper", "edge", "prometheus", "alertmanager"];
const RUNS = 10;

const tenants = z.array(z.object({ api_key: z.string() })).min(2);
const answer = z.object({ data: z.object({ result: z.array(z.unknown()) }) });
const firing = z.array(z.object({ labels: z.object({ alertname: z.string() }) }));

/** podman behind the API of Docker, for as long as `use` takes. */
async function withSocket(engine: Engine, use: (env: NodeJS.ProcessEnv) => Promise<void>): Promise<void> {
  const socket = `unix://${join(engine.dir, "podman.sock")}`;
  // In a group of its own, so that Ctrl-C leaves it to take everything down.
  const service = spawn("podman", ["system", "service", "--time=0", socket], {
    env: engine.env,
    stdio: "ignore",
    detached: true,
  });
  const ended = once(service, "exit");
  try {
    const env = { ...engine.env, DOCKER_HOST: socket, COMPOSE_HTTP_TIMEOUT: "300" };
    await until(
      () => outcomeOf("docker-compose", ["-f", FILE, "-p", "probe", "ps", "-q"], { env }),
      ({ code }) => code === 0,
    );
    await use(env);
  } finally {
    service.kill("SIGTERM");
    await ended;
  }
}

/** Without systemd nothing runs podman's health checks: this does, while `act` takes. */
async function whileExamined<T>(engine: Engine, project: string, act: () => Promise<T>): Promise<T> {
  const over = new AbortController();
  const examine = async () => {
    while (!over.signal.aborted) {
      const args = ["ps", "--filter", `name=${project}`, "--format", "{{.Names}} {{.Status}}"];
      const { out } = await outcomeOf("podman", args, engine);
      // `(starting)` and `(unhealthy)`; those without a check have no such word.
      for (const [, name = ""] of out.matchAll(/^(\S+) .*\((?:starting|unhealthy)\)$/gm))
        await outcomeOf("podman", ["healthcheck", "run", name], engine);
      await sleep(500);
    }
  };
  const examined = examine();
  return act().finally(() => {
    over.abort();
    return examined;
  });
}

async function imagesFor(engine: Engine): Promise<void> {
  if (process.env["NODE_IMAGE"] === undefined) await importNode(engine);
  await importServers(engine);
  await build(engine, IMAGE);
  await build(engine, DEV_IMAGE, "--target", "development");
}

async function tellFailure(compose: (...args: readonly string[]) => Promise<string>): Promise<void> {
  for (const args of [["ps"], ["logs", "--no-color", "--tail=40"]]) console.log(await compose(...args).catch(String));
}

const get = async (url: string) => (await fetch(url, { signal: AbortSignal.timeout(10_000) })).json();

/** Brings all of compose.yaml up, buys runs, and asks Prometheus for what the dashboards show. */
export async function checkCompose(report: Report, engine: Engine): Promise<void> {
  if (!(await report.check("images for compose", () => imagesFor(engine)))) return;
  const ports = { edge: await freePort(), prometheus: await freePort(), alertmanager: await freePort() };
  const postgres = await freePort();
  const prometheus = `http://127.0.0.1:${ports.prometheus}`;
  await withSocket(engine, async (socket) => {
    const env = {
      ...socket,
      DPP_IMAGE: IMAGE,
      DPP_DEV_IMAGE: DEV_IMAGE,
      POSTGRES_IMAGE: STAND_INS.postgres,
      REDIS_IMAGE: STAND_INS.redis,
      PROMETHEUS_IMAGE: STAND_INS.prometheus,
      ALERTMANAGER_IMAGE: STAND_INS.alertmanager,
      DPP_EDGE_PORT: String(ports.edge),
      DPP_PROMETHEUS_PORT: String(ports.prometheus),
      DPP_ALERTMANAGER_PORT: String(ports.alertmanager),
      DPP_POSTGRES_PORT: String(postgres),
    };
    const project = `dpp${process.pid}`;
    const takeDown = async () => {
      const args = ["-f", FILE, "-p", project, "--profile", "metrics", "down", "-v", "-t", "30"];
      await outcomeOf("docker-compose", args, { env });
      // One whose network another shared may be left.
      const { out } = await outcomeOf("podman", ["ps", "-aq", "--filter", `name=${project}`], engine);
      const left = out.split("\n").filter((id) => id !== "");
      if (left.length === 0) return;
      await outcomeOf("podman", ["rm", "-f", "-t", "5", ...left], engine);
      await outcomeOf("podman", ["network", "rm", "-f", `${project}_default`], engine);
    };
    const interrupted = () => {
      console.log("interrupted; taking compose down");
      void takeDown().finally(() => process.exit(130));
    };
    process.once("SIGINT", interrupted);
    const compose = (...args: readonly string[]) =>
      run("docker-compose", ["-f", FILE, "-p", project, "--profile", "metrics", ...args], { env });
    try {
      const isUp = await report.check("compose comes up, migrations first, every container healthy", async () => {
        await compose("config", "-q");
        await whileExamined(engine, project, async () => {
          await compose("up", "-d", "--no-build", ...SERVICES);
          const args = ["ps", "-a", "--filter", `name=${project}`, "--format", "{{.Names}} {{.Status}}"];
          const areHealthy = (text: string) =>
            ["edge", "worker", "reaper"].every((name) => new RegExp(`_${name}_1 .*\\(healthy\\)`).test(text));
          await until(
            () => outcomeOf("podman", args, engine),
            ({ out }) => areHealthy(out),
          );
        });
      });
      if (!isUp) return await tellFailure(compose);
      const isPaid = await report.check(`${RUNS} paid runs through it add up to the micro`, async () => {
        const [tenant] = tenants.parse(
          JSON.parse(
            await compose("exec", "-T", "stores", "node", "-p", "fs.readFileSync('/state/tenants.json', 'utf8')"),
          ),
        );
        const jobs = [decision, ...otherJobs()];
        // A rate sees only what happens after the first scrape of the worker, which alone has this.
        await until(
          () => seriesOf(prometheus, "dpp_run_wait_seconds_count").catch(() => 0),
          (count) => count > 0,
        );
        const all = Array.from({ length: RUNS }, (_, index) => jobs[index % jobs.length] ?? decision);
        await buyAll({ edgeUrl: `http://127.0.0.1:${ports.edge}`, apiKey: tenant?.api_key ?? "" }, all);
      });
      if (!isPaid) await tellFailure(compose);
      await checkSeries(report, prometheus);
      await report.check("an alert reaches Alertmanager when the worker stops, and goes when it is back", async () => {
        const names = async () =>
          firing
            .parse(await get(`http://127.0.0.1:${ports.alertmanager}/api/v2/alerts`))
            .map(({ labels }) => labels.alertname);
        await compose("stop", "worker");
        await until(names, (alerts) => alerts.includes("NoWorkerAlive"));
        await compose("start", "worker");
        await until(names, (alerts) => !alerts.includes("NoWorkerAlive"));
      });
    } finally {
      await takeDown();
      process.off("SIGINT", interrupted);
    }
  });
}

/** Those of programs that compose.yaml does not run, and of what did not happen and has a label of any value. */
const ABSENT = /probe_success|kube_|ALERTS|dpp_(child_ended|store_failures)_total/;

const seriesOf = async (url: string, expr: string) =>
  answer.parse(await get(`${url}/api/v1/query?query=${encodeURIComponent(expr)}`)).data.result.length;

async function checkSeries(report: Report, url: string): Promise<void> {
  const queries = DASHBOARDS.flatMap(({ uid, panels }) =>
    panels.flatMap(({ title, queries: each }) =>
      Object.values(each).map((expr) => ({ where: `${uid}, ${title}`, expr })),
    ),
  ).filter(({ expr }) => !ABSENT.test(expr));
  await report.check(
    `${queries.length} queries of dashboards have series in a Prometheus that scrapes it`,
    async () => {
      const isEmpty = async ({ expr }: { readonly expr: string }) => (await seriesOf(url, expr)) === 0;
      let empty = queries;
      await until(
        async () => {
          const still = await Promise.all(empty.map(isEmpty));
          empty = empty.filter((_, index) => still[index] === true);
          await sleep(1_000);
          return empty;
        },
        (left) => left.length === 0,
      );
    },
  );
}
