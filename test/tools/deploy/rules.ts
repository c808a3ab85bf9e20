import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { DASHBOARDS } from "../../../backend/deploy/dashboards/dashboards.ts";
import type { Report } from "../referees/report.ts";
import type { Engine } from "./engine.ts";
import { outcomeOf, run } from "./programs.ts";

const HERE = "backend/deploy/prometheus";

/** Prometheus's and Alertmanager's own tools on alerts, their tests, both configurations and every query of a dashboard. */
export async function checkRules(report: Report, engine: Engine): Promise<void> {
  await report.check("promtool: the configuration and its rules", async () => {
    await run("promtool", ["check", "config", `${HERE}/prometheus.yml`]);
  });
  await report.check("promtool: every alert fires when it should, and not before", async () => {
    await run("promtool", ["test", "rules", `${HERE}/rules.test.yml`]);
  });
  for (const file of ["alertmanager.yml", "alertmanager.development.yml"])
    await report.check(`amtool: ${file}`, async () => {
      await run("amtool", ["check-config", `${HERE}/${file}`]);
    });
  const pages = [
    ["severity=page", "page"],
    ["severity=ticket", "ticket"],
  ] as const;
  for (const [labels, receiver] of pages)
    await report.check(`amtool: ${labels} goes to the receiver ${receiver}`, async () => {
      const args = [
        "config",
        "routes",
        "test",
        `--config.file=${HERE}/alertmanager.yml`,
        `--verify.receivers=${receiver}`,
      ];
      await run("amtool", [...args, "alertname=DatabaseUnreachable", labels]);
    });
  const queries = DASHBOARDS.flatMap(({ panels }) => panels.flatMap((panel) => Object.values(panel.queries)));
  await report.check(`promtool: ${queries.length} queries of ${DASHBOARDS.length} dashboards`, async () => {
    const file = join(engine.dir, "queries.yml");
    const rules = queries.map((expr, index) => ({ record: `query:${index}`, expr }));
    writeFileSync(file, stringify({ groups: [{ name: "queries", rules }] }));
    await run("promtool", ["check", "rules", file]);
    writeFileSync(file, stringify({ groups: [{ name: "queries", rules: [{ record: "a", expr: "rate(up)" }] }] }));
    const { code } = await outcomeOf("promtool", ["check", "rules", file]);
    if (code === 0) throw new Error("promtool accepts an invalid query");
  });
}
