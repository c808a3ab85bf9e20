import type { Report } from "../operator.ts";

interface Line {
  readonly check: string;
  readonly status: "ok" | "warning" | "failed" | "skipped";
  readonly detail: string;
}

/** One line for each check. */
export function reportDoctor(lines: readonly Line[]): Report {
  const failed = lines.filter(({ status }) => status === "failed").length;
  const text = lines.map(({ check, status, detail }) => `${status.padEnd(7)}  ${check}: ${detail}`).join("\n");
  const report = { text, json: { ok: failed === 0, checks: lines } };
  return failed === 0 ? report : { ...report, exit_code: 1 };
}
