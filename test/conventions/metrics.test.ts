import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { METRICS } from "#core/domain/metric.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { createPrometheus } from "../../backend/drivers/prometheus.ts";

const DOCUMENT = "backend/deploy/METRICS.md";
const shownName = (name: string, type: string) => `dpp_${name}${type === "counter" ? "_total" : ""}`;
const all = Object.entries(METRICS);

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
        labels.map((label) => `\`${label}\``).join(", ") || "-",
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
    expect(all.flatMap(([, { labels }]) => labels.filter((label) => label.endsWith("id")))).toEqual([]);
  });

  test.each(["worker", "reaper"] as const)("of the %s are served, and no other, from its start", async (service) => {
    const text = await createPrometheus(service).text();
    const served = [...text.matchAll(/^# TYPE (dpp_\w+) (\w+)$/gm)].map(([, name, type]) => `${name} ${type}`);
    const own = all.filter(([, { by }]) => (by as readonly string[]).includes(service));
    expect(served.toSorted()).toEqual(own.map(([name, { type }]) => `${shownName(name, type)} ${type}`).toSorted());
  });

  test("by pack and kind begin at 0, so that a rate sees the first run of each", async () => {
    const text = await createPrometheus("worker").text();
    for (const pack of catalog.keys())
      expect(text).toContain(`dpp_run_wait_seconds_count{service="worker",pack_type="${pack}"} 0`);
    expect(await createPrometheus("reaper").text()).not.toMatch(/^dpp_\w+\{.*kind="done"/m);
    expect(text).toMatch(/^dpp_run_closed_total\{.*pack_type="url",kind="platform_failed".*\} 0$/m);
    expect(text).toMatch(/^dpp_store_outages_total\{.*store="s3".*\} 0$/m);
  });
});
