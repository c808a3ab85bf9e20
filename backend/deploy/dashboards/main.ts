import { readFileSync, writeFileSync } from "node:fs";
import { prometheusRule } from "../prometheus-rule.ts";
import { DASHBOARDS } from "./dashboards.ts";
import { dashboardJson } from "./panels.ts";

// `npm run dashboards`: what Grafana loads, from dashboards.ts, and the alerts for Kubernetes. A test compares.
for (const dashboard of DASHBOARDS)
  writeFileSync(new URL(`json/${dashboard.uid}.json`, import.meta.url), dashboardJson(dashboard));
const rules = readFileSync(new URL("../prometheus/rules.yml", import.meta.url), "utf8");
writeFileSync(new URL("../k8s/base/prometheus-rule.yaml", import.meta.url), prometheusRule(rules));
