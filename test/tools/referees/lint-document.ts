import { join } from "node:path";
import type { Report } from "./report.ts";
import { HERE, runTool } from "./tools.ts";

/** Spectral and Redocly on the document: not a warning, nor even a hint. */
export async function lintDocument(report: Report, file: string): Promise<void> {
  await report.check("Spectral finds nothing in the document", async () => {
    const ruleset = join(HERE, "spectral.yaml");
    await runTool("@stoplight/spectral-cli", "spectral", ["lint", "--fail-severity=hint", "-r", ruleset, file]);
  });
  await report.check("Redocly finds nothing in the document", async () => {
    await runTool("@redocly/cli", "redocly", ["lint", "--config", join(HERE, "redocly.yaml"), file]);
  });
}
