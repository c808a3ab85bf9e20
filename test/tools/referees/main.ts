import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { operations } from "../../api/document.ts";
import { createDemoTenant, type DemoTenant, withOwner } from "../../dev/demo-tenant.ts";
import { startSystem } from "../../dev/system.ts";
import { driveClient } from "./client-referee.ts";
import { findDrift } from "./drift.ts";
import { lintDocument } from "./lint-document.ts";
import { startReceiver } from "./receiver.ts";
import { Report } from "./report.ts";
import { HERE, installTools } from "./tools.ts";

interface Verdict {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly notes: readonly string[];
}

interface McpReferees {
  mcpReferees(world: { readonly edgeUrl: string; readonly apiKey: string }): Promise<Verdict | readonly Verdict[]>;
}

const known = new Set(
  operations.flatMap(({ operationId, parameters }) => [
    operationId,
    ...parameters.map(({ name }) => `${operationId}?${name}`),
  ]),
);

async function judge(report: Report, dir: string, edgeUrl: string, tenants: readonly DemoTenant[]): Promise<void> {
  const document = join(dir, "openapi.json");
  const answer = await fetch(`${edgeUrl}/openapi.json`);
  writeFileSync(document, await answer.text());
  const [driver, drifter, mcp] = tenants as readonly [DemoTenant, DemoTenant, DemoTenant];

  console.log("\nThe document");
  await lintDocument(report, document);
  console.log("\nA client made from the document");
  await driveClient(report, { edgeUrl, tenant: driver, document, known });
  console.log("\nPrism between client and edge");
  const receiver = await startReceiver();
  try {
    await findDrift(report, { edgeUrl, apiKey: drifter.admin_key, document, hookUrl: receiver.url });
  } finally {
    await receiver.stop();
  }
  console.log("\nThe Model Context Protocol");
  await judgeMcp(report, edgeUrl, mcp);
}

async function judgeMcp(report: Report, edgeUrl: string, tenant: DemoTenant): Promise<void> {
  const file = join(HERE, "mcp.ts");
  if (!existsSync(file)) return report.fail("the protocol's own referees", "there are none");
  const { mcpReferees } = (await import(pathToFileURL(file).href)) as McpReferees;
  const verdicts = [await mcpReferees({ edgeUrl, apiKey: tenant.api_key })].flat();
  for (const verdict of verdicts) report.add(verdict.name, verdict);
}

async function main(): Promise<boolean> {
  await installTools();
  const dir = mkdtempSync(join(tmpdir(), "dpp-referees-"));
  const report = new Report();
  const env = { ...process.env, DPP_WEBHOOK_ALLOW_HTTP: "true", DPP_WEBHOOK_ALLOW_HOSTS: "127.0.0.1:*" };
  const system = await startSystem({ stateDir: join(dir, "stack"), env, fsync: false });
  try {
    console.log(`The referees judge ${system.edgeUrl}`);
    const tenants = await withOwner(system, async (db) => [
      await createDemoTenant(db, { name: "Client" }),
      await createDemoTenant(db, { name: "Prism" }),
      await createDemoTenant(db, { name: "MCP" }),
    ]);
    await report.check("every referee came to its end", () => judge(report, dir, system.edgeUrl, tenants));
  } finally {
    await system.stop();
    rmSync(dir, { recursive: true, force: true });
  }
  return report.conclude();
}

process.exitCode = (await main()) ? 0 : 1;
