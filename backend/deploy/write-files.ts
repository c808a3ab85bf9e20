import { readFileSync, writeFileSync } from "node:fs";
import { DASHBOARDS } from "./dashboards/dashboards.ts";
import { dashboardJson } from "./dashboards/panels.ts";
import { envExample } from "./env-example.ts";
import { prometheusRule } from "./prometheus-rule.ts";

// `npm run deploy:files`: what follows from other files here. A test compares.
const at = (path: string) => new URL(path, import.meta.url);
for (const dashboard of DASHBOARDS)
  writeFileSync(at(`dashboards/json/${dashboard.uid}.json`), dashboardJson(dashboard));
writeFileSync(at("k8s/base/prometheus-rule.yaml"), prometheusRule(readFileSync(at("prometheus/rules.yml"), "utf8")));
writeFileSync(at(".env.example"), envExample(readFileSync(at("REFERENCE.md"), "utf8")));
