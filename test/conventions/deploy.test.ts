import { globSync, readFileSync, readdirSync } from "node:fs";
import { basename } from "node:path";
import { CommanderError } from "commander";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { DASHBOARDS } from "../../backend/deploy/dashboards/dashboards.ts";
import { dashboardJson } from "../../backend/deploy/dashboards/panels.ts";
import { envExample } from "../../backend/deploy/env-example.ts";
import { prometheusRule } from "../../backend/deploy/prometheus-rule.ts";
import { createProgram } from "../../backend/cli/program.ts";
import { reaperConfig, workerConfig } from "../../backend/config.ts";
import { parseEnv } from "../../edge/env.ts";

const HERE = "backend/deploy";
const RUNBOOKS = `${HERE}/runbooks`;
const read = (file: string) => readFileSync(`${HERE}/${file}`, "utf8");
const sorted = (names: Iterable<string>) => [...new Set(names)].toSorted();

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: { readonly severity?: string };
  readonly annotations?: { readonly summary?: string; readonly runbook?: string };
}
const { groups } = parse(read("prometheus/rules.yml")) as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules);
const alerts = rules.filter(({ alert }) => alert !== undefined);
const recorded = new Set(rules.flatMap(({ record }) => (record === undefined ? [] : [record])));
const runbooks = readdirSync(RUNBOOKS).filter((file) => file !== "README.md");

/** Of other programs than this product's: Prometheus, the blackbox exporter, kube-state-metrics, prom-client. */
const FOREIGN = new Set([
  "ALERTS",
  "up",
  "probe_success",
  "kube_cronjob_status_last_successful_time",
  "process_resident_memory_bytes",
  "nodejs_eventloop_lag_p99_seconds",
]);
const METRICS = new Map(
  [...read("METRICS.md").matchAll(/^\| `(dpp_\w+)` \| (\w+) \| (.*?) \| (.*?) \|/gm)].map(
    ([, name = "", type = "", labels = "", by = ""]) => [name, { type, labels, by }],
  ),
);
/** The series of each metric that Prometheus scrapes, with their labels. */
const SERIES = new Map(
  [...METRICS].flatMap(([name, { type, labels, by }]) => {
    if (!/worker|reaper/.test(by)) return [];
    const names = type === "histogram" ? ["_bucket", "_sum", "_count"].map((end) => `${name}${end}`) : [name];
    const own = [...labels.matchAll(/`(\w+)`/g)].map(([, label = ""]) => label);
    return names.map((each) => [each, new Set([...own, "le", "job", "instance", "service"])] as const);
  }),
);

/** What an expression reads that is no series of METRICS.md, or by a label that the series has not. */
function unknownIn(expr: string): readonly string[] {
  const selectors = [...expr.matchAll(/\b([a-zA-Z_][\w:]*)(?:\{([^}]*)\})?(?=[^\w(:]|$)/g)];
  return selectors.flatMap(([, name = "", where = ""]) => {
    const labels = SERIES.get(name);
    if (labels !== undefined)
      return [...where.matchAll(/(\w+)[=!]/g)].flatMap(([, label = ""]) =>
        labels.has(label) ? [] : [`${name}{${label}}`],
      );
    return name.startsWith("dpp_") || (name.startsWith("dpp:") && !recorded.has(name)) ? [name] : [];
  });
}

describe("alerts", () => {
  test("read metrics that worker and reaper serve, by labels that these have", () => {
    expect(SERIES.size).toBeGreaterThan(40);
    expect(rules.flatMap(({ expr }) => unknownIn(expr))).toEqual([]);
  });

  test("say how urgent they are, in a sentence, and name a runbook", () => {
    expect(alerts.length).toBeGreaterThan(25);
    const wrong = alerts.filter(
      ({ labels, annotations }) =>
        !["page", "ticket"].includes(labels?.severity ?? "") ||
        !/^[A-Z/{].*\.$/.test(annotations?.summary ?? "") ||
        !runbooks.some((file) => annotations?.runbook === `${RUNBOOKS}/${file}`),
    );
    expect(wrong.map(({ alert }) => alert)).toEqual([]);
  });

  test("each have a test in which they fire and one in which they do not", () => {
    const { tests } = parse(read("prometheus/rules.test.yml")) as {
      readonly tests: readonly {
        readonly name: string;
        readonly promql_expr_test: readonly { readonly expr: string; readonly exp_samples: readonly unknown[] }[];
      }[];
    };
    const proven = tests.flatMap(({ name, promql_expr_test }) => {
      const mine = promql_expr_test.filter(({ expr }) => expr.includes(`alertname="${name}"`));
      const fires = mine.some(({ exp_samples }) => exp_samples.length > 0);
      return fires && mine.some(({ exp_samples }) => exp_samples.length === 0) ? [name] : [];
    });
    expect(proven.toSorted()).toEqual(alerts.map(({ alert }) => alert ?? "").toSorted());
  });

  test("are the same for Kubernetes", () => {
    expect(read("k8s/base/prometheus-rule.yaml")).toBe(prometheusRule(read("prometheus/rules.yml")));
  });
});

describe("dashboards", () => {
  test("read metrics that worker and reaper serve, by labels that these have", () => {
    const exprs = DASHBOARDS.flatMap(({ panels }) => panels.flatMap(({ queries }) => Object.values(queries)));
    expect(exprs.length).toBeGreaterThan(40);
    expect(exprs.flatMap(unknownIn)).toEqual([]);
    const foreign = exprs.flatMap((expr) => [...expr.matchAll(/\b([a-zA-Z]\w+)(?=\{)/g)].map(([, name = ""]) => name));
    expect(foreign.filter((name) => !name.startsWith("dpp_") && !FOREIGN.has(name))).toEqual([]);
  });

  test("are what `npm run deploy:files` writes", () => {
    const files = readdirSync(`${HERE}/dashboards/json`);
    expect(files.toSorted()).toEqual(sorted(DASHBOARDS.map(({ uid }) => `${uid}.json`)));
    for (const dashboard of DASHBOARDS)
      expect(read(`dashboards/json/${dashboard.uid}.json`)).toBe(dashboardJson(dashboard));
  });
});

describe("runbooks", () => {
  test.each(runbooks)("%s has the headings that all have", (file) => {
    const headings = [...read(`runbooks/${file}`).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(["What it means", "Find out", "Act", "It is over when"]);
  });

  test("are all in their table of contents", () => {
    const linked = [...read("runbooks/README.md").matchAll(/\]\(([\w-]+\.md)\)/g)].map(([, file = ""]) => file);
    expect(linked.toSorted()).toEqual(runbooks.toSorted());
  });

  test("are there for each incident of operators", () => {
    const incidents =
      "redis-flushed postgres-restored key-leaked receipt-key-rotated frozen-run dead-letters runaway-tenant region-lost";
    expect(runbooks.map((file) => basename(file, ".md"))).toEqual(expect.arrayContaining(incidents.split(" ")));
  });
});

/** What stands for a value in a document, and a value that a command takes. */
const EXAMPLES: Readonly<Record<string, string>> = {
  RUN_ID: "01890000-0000-7000-8000-000000000001",
  TENANT_ID: "01890000-0000-7000-8000-000000000002",
  KEY_ID: "01890000-0000-7000-8000-000000000003",
  FINDING: "1",
  USD: "0.0100",
  REASON: "reason",
  ID: "invoice-1",
  FILE: "package.json",
};

async function complaintAbout(line: string): Promise<string | undefined> {
  const shell = {
    perform: async () => undefined,
    print: () => undefined,
    env: { DATABASE_URL: "postgres://owner@localhost/d" },
    doctor: async () => ({ text: "", json: {} }),
    ui: async () => undefined,
  };
  const args = line.split(/\s+/).map((word) => EXAMPLES[word] ?? word.replaceAll(/^"|"$/g, ""));
  const program = createProgram(shell, { writeOut: () => undefined, writeErr: () => undefined });
  return program.parseAsync(args, { from: "user" }).then(
    () => undefined,
    (error: unknown) =>
      error instanceof CommanderError && error.exitCode !== 0 ? `${line}: ${error.message}` : undefined,
  );
}

test("each command of the operator's tool in a document of deployment is one that it takes", async () => {
  const lines = globSync(`${HERE}/**/*.md`).flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/npm run (?:-s )?dpp -- ([^`|\n]+)/g)].map(([, line = ""]) => line.trim()),
  );
  expect(lines.length).toBeGreaterThan(30);
  const complaints = await Promise.all(sorted(lines).map(complaintAbout));
  expect(complaints.filter((complaint) => complaint !== undefined)).toEqual([]);
});

describe("settings", () => {
  const reference = read("REFERENCE.md");
  const example = read(".env.example");
  const given = Object.fromEntries(
    [...example.matchAll(/^([A-Z][A-Z\d_]+)=(.+)$/gm)].map(([, name = "", value = ""]) => [name, value]),
  );
  const isTaken: Readonly<Record<string, (env: Record<string, string>) => boolean>> = {
    edge: (env) => "env" in parseEnv(env),
    worker: (env) => takes(() => workerConfig(env)),
    reaper: (env) => takes(() => reaperConfig(env)),
  };

  test("are all in .env.example, as `npm run deploy:files` writes it from the reference", () => {
    expect(example).toBe(envExample(reference));
    expect(example.split("\n").length).toBeGreaterThan(100);
  });

  test.each(Object.keys(isTaken))(
    "that the reference calls required are those without which %s does not start",
    (name) => {
      expect(isTaken[name]?.(given)).toBe(true);
      const required = Object.keys(given).filter((each) => {
        const { [each]: _, ...rest } = given;
        return isTaken[name]?.(rest) === false;
      });
      const rows = [...reference.matchAll(/^\| `([A-Z][A-Z\d_]+)` \| ([a-z, ]+) \| (.*?) \| /gm)];
      const said = rows.filter(
        ([, , by = "", usual = ""]) =>
          by.split(", ").includes(name) && (usual.startsWith("required") || usual.includes(`${name}: required`)),
      );
      expect(required.toSorted()).toEqual(said.map(([, each]) => each ?? "").toSorted());
    },
  );
});

function takes(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}
