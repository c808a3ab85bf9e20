import { escapeUnprintable } from "#core/domain/printable.ts";
import type { Report } from "./operator.ts";
import type { CommonOptions } from "./perform.ts";

/** Prints an answer in the form that was asked for, and lets bad news end the command with its code. */
export function printReport(options: CommonOptions, report: Report): void {
  // In JSON the escapes are JSON's own, for what JSON.stringify leaves as it is.
  console.log(escapeUnprintable(options.json === true ? JSON.stringify(report.json, undefined, 2) : report.text));
  if (report.exit_code !== undefined) process.exitCode = report.exit_code;
}
