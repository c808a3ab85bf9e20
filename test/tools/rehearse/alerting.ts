import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { freePort } from "../../dev/free-port.ts";
import { type Server, startServer } from "../peers/server.ts";
import { until } from "../deploy/programs.ts";
import { shortRules } from "./short-rules.ts";

const HERE = "backend/deploy/prometheus";
const SCRAPE = "2s";
const EVALUATION = "1s";

export interface AlertName {
  readonly alert: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface Alerting {
  /** Whether Alertmanager holds such an alert now. */
  fires(alert: AlertName): Promise<boolean>;
  close(): Promise<void>;
}

const active = z.array(z.object({ labels: z.record(z.string(), z.string()) }));
const get = async (url: string) => (await fetch(url, { signal: AbortSignal.timeout(10_000) })).text();

/** Prometheus with the alerts of production, made shorter, and an Alertmanager that it tells. */
export async function startAlerting(
  dir: string,
  jobs: Readonly<Record<string, { readonly targets: readonly string[]; readonly metrics_path?: string }>>,
): Promise<Alerting> {
  mkdirSync(dir, { recursive: true });
  const ports = { prometheus: await freePort(), alertmanager: await freePort() };
  writeFileSync(join(dir, "rules.yml"), shortRules(readFileSync(`${HERE}/rules.yml`, "utf8")));
  const scrape_configs = Object.entries(jobs).map(([job_name, { targets, metrics_path = "/metrics" }]) => ({
    job_name,
    metrics_path,
    static_configs: [{ targets }],
  }));
  const global = { scrape_interval: SCRAPE, scrape_timeout: SCRAPE, evaluation_interval: EVALUATION };
  const alertmanagers = [{ static_configs: [{ targets: [`127.0.0.1:${ports.alertmanager}`] }] }];
  const config = { global, rule_files: ["rules.yml"], alerting: { alertmanagers }, scrape_configs };
  writeFileSync(join(dir, "prometheus.yml"), stringify(config));
  const servers: Server[] = [
    startServer(dir, "alertmanager", [
      "prometheus-alertmanager",
      `--config.file=${HERE}/alertmanager.development.yml`,
      `--storage.path=${join(dir, "alertmanager")}`,
      `--web.listen-address=127.0.0.1:${ports.alertmanager}`,
      "--cluster.listen-address=",
    ]),
    startServer(dir, "prometheus", [
      "prometheus",
      `--config.file=${join(dir, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(dir, "series")}`,
      `--web.listen-address=127.0.0.1:${ports.prometheus}`,
      "--rules.alert.resend-delay=2s",
    ]),
  ];
  const close = async () => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  const ready = (port: number) =>
    until(
      () =>
        get(`http://127.0.0.1:${port}/-/ready`).then(
          () => true,
          () => false,
        ),
      Boolean,
    );
  await Promise.all(Object.values(ports).map(ready)).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return {
    fires: async ({ alert, labels = {} }) => {
      const alerts = active.parse(
        JSON.parse(await get(`http://127.0.0.1:${ports.alertmanager}/api/v2/alerts?active=true`)),
      );
      const wanted = Object.entries({ alertname: alert, ...labels });
      return alerts.some((each) => wanted.every(([name, value]) => each.labels[name] === value));
    },
    close,
  };
}
