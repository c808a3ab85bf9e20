import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { ACTS } from "../tools/rehearse/program.ts";
import type { Drill } from "../tools/rehearse/drill.ts";
import { shortRules } from "../tools/rehearse/short-rules.ts";

const HERE = "backend/deploy";
const RULES = readFileSync(`${HERE}/prometheus/rules.yml`, "utf8");

interface Rule {
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly annotations?: { readonly runbook: string };
}
const rulesOf = (text: string) =>
  (parse(text) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] }).groups.flatMap(
    ({ rules }) => rules,
  );
const drills: readonly Drill[] = ACTS.flat(2);

/** The numbered steps of a runbook's section "Act". */
function actsOf(runbook: string): readonly number[] {
  const text = readFileSync(`${HERE}/runbooks/${runbook}.md`, "utf8");
  const [, act = ""] = /^## Act\n([\s\S]*?)^## /m.exec(text) ?? [];
  return [...act.matchAll(/^(\d+)\. /gm)].map(([, number]) => Number(number));
}

describe("rehearsals", () => {
  test("see every alert fire, and follow its own runbook", () => {
    const followed = rulesOf(RULES).flatMap(({ alert, annotations }) => {
      if (alert === undefined) return [];
      const runbook = basename(annotations?.runbook ?? "", ".md");
      const isFollowed = drills.some(
        ({ alerts, steps }) =>
          alerts.some((each) => each.alert === alert) && steps.some((step) => step.runbook === runbook),
      );
      return [`${alert} ${isFollowed ? "is rehearsed" : "is not"}`];
    });
    expect(followed.length).toBeGreaterThan(25);
    expect(followed.filter((line) => !line.endsWith("is rehearsed"))).toEqual([]);
  });

  test("follow the runbook of every incident", () => {
    const incidents =
      "redis-flushed postgres-restored key-leaked receipt-key-rotated frozen-run dead-letters runaway-tenant region-lost";
    expect(drills.flatMap(({ steps }) => steps.map(({ runbook }) => runbook))).toEqual(
      expect.arrayContaining(incidents.split(" ")),
    );
  });

  test("follow steps that the runbooks have", () => {
    const missing = drills.flatMap(({ title, steps }) =>
      steps
        .filter(({ runbook, act }) => !actsOf(runbook).includes(act))
        .map(({ runbook, act }) => [title, runbook, act]),
    );
    expect(missing).toEqual([]);
  });

  test("use the alerts of production, in which only times are shorter", () => {
    const [real, short] = [rulesOf(RULES), rulesOf(shortRules(RULES))];
    const timeless = ({ expr, for: wait, ...rest }: Rule) => ({
      ...rest,
      expr: expr.replaceAll(/\[\d+[smhd]\]/g, "[]").replaceAll(/((?:_seconds|_time)\b[^\n]*? > )\d+(?=\s|$)/g, "$1"),
      waits: wait !== undefined,
    });
    expect(short.map(timeless)).toEqual(real.map(timeless));
    expect(short).not.toEqual(real);
    // Counts and shares are no times.
    for (const kept of ["> 1000", "> 14.4 * 0.001", '{le="5"}', "> 2.5", "> 10", "> 3"]) {
      expect(shortRules(RULES)).toContain(kept);
    }
    expect(shortRules(RULES)).toContain('last_successful_time{cronjob="smoke"}) > 53');
  });
});
