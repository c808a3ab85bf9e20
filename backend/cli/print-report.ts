import { escapeUnprintable } from "#core/domain/printable.ts";
import type { Report } from "./operator.ts";
import type { CommonOptions } from "./perform.ts";

/** A report in the form that was asked for, ready for a terminal. */
export const printedReport = (options: CommonOptions, report: Report): string =>
  // In JSON the escapes are JSON's own, for what JSON.stringify leaves as it is.
  escapeUnprintable(options.json === true ? JSON.stringify(report.json, undefined, 2) : report.text);
