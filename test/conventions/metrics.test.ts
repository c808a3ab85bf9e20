import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { METRICS } from "#core/domain/metric.ts";
import { createPrometheus } from "../../backend/drivers/prometheus.ts";

const DOCUMENT = "backend/deploy/METRICS.md";
const shownName = (name: string, type: string) => `dpp_${name}${type === "counter" ? "_total" : ""}`;
const all = Object.entries(METRICS);
/** A line of a series, its labels in order. */
const sorted = (line: string) =>
  line.replace(/\{(.*)\}/, (_, labels: string) => `{${labels.split(",").toSorted().join()}}`);

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" })
  .split("\n")
  .filter((file) => /^(edge|backend)\/.*\.ts$/.test(file) && !file.endsWith("domain/metric.ts"));
const code = files.map((file) => readFileSync(file, "utf8")).join("\n");

describe("the metrics", () => {
  test("are in the document as they are", () => {
    const rows = readFileSync(DOCUMENT, "utf8")
      .split("\n")
      .filter((line) => line.startsWith("| `dpp_"))
      .map((line) =>
        line
          .slice(2, -2)
          .split("|")
          .map((cell) => cell.trim()),
      );
    expect(rows).toEqual(
      all.map(([name, { type, by, labels, help }]) => [
        `\`${shownName(name, type)}\``,
        type,
        Object.keys(labels)
          .map((label) => `\`${label}\``)
          .join(", ") || "-",
        by.join(", "),
        help,
      ]),
    );
  });

  test("are each counted or measured somewhere", () => {
    const gauges = readFileSync("backend/core/store/service/service-gauges.ts", "utf8");
    const unused = all.filter(([name]) => !code.includes(`"${name}"`) && !gauges.includes(`  ${name}: `));
    expect(unused.map(([name]) => name)).toEqual([]);
  });

  test("have no label that is an id", () => {
    expect(all.flatMap(([, { labels }]) => Object.keys(labels).filter((label) => label.endsWith("id")))).toEqual([]);
  });

  test.each(["worker", "reaper"] as const)("of the %s are served, and no other, from its start", async (service) => {
    const text = await createPrometheus(service).text();
    const served = [...text.matchAll(/^# TYPE (dpp_\w+) (\w+)$/gm)].map(([, name, type]) => `${name} ${type}`);
    const own = all.filter(([, { by }]) => (by as readonly string[]).includes(service));
    expect(served.toSorted()).toEqual(own.map(([name, { type }]) => `${shownName(name, type)} ${type}`).toSorted());
  });

  test.each(["worker", "reaper"] as const)(
    "of the %s begin at 0 in each series whose labels are known, so that a rate sees the first of each",
    async (service) => {
      const text = await createPrometheus(service).text();
      const series = all.flatMap(([name, { type, by, labels }]) => {
        if (type === "gauge" || !(by as readonly string[]).includes(service)) return [];
        const counted = `${shownName(name, type)}${type === "histogram" ? "_count" : ""}`;
        return Object.entries(labels as Record<string, readonly string[] | undefined>)
          .reduce<readonly (readonly string[])[]>(
            (each, [label, values = []]) =>
              each.flatMap((one) => values.map((value) => [...one, `${label}="${value}"`])),
            [[]],
          )
          .map((own) => sorted(`${counted}{${[...own, `service="${service}"`].join()}} 0`));
      });
      expect(series).toContain(
        service === "worker"
          ? 'dpp_lease_beats_total{outcome="unanswered",service="worker"} 0'
          : 'dpp_webhook_attempts_total{outcome="gone",service="reaper"} 0',
      );
      const served = new Set(text.split("\n").map(sorted));
      expect(series.filter((each) => !served.has(each))).toEqual([]);
    },
  );
});
