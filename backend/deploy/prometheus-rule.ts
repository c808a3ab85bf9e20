import { parse, stringify } from "yaml";

/** The alerts and recording rules of `rules.yml` as the Prometheus Operator takes them. */
export function prometheusRule(rules: string): string {
  const { groups } = parse(rules) as { readonly groups: unknown };
  const object = {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: { name: "dpp", labels: { stage: "backend" } },
    spec: { groups },
  };
  return `# Made from ../../prometheus/rules.yml by \`npm run deploy:files\`.\n${stringify(object, { lineWidth: 120 })}`;
}
