import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { operations } from "../../api/document.ts";
import { createDemoTenant, type DemoTenant, withOwner } from "../../dev/demo-tenant.ts";
import { startSystem, type System } from "../../dev/system.ts";
import { judgeByBrowser } from "./browser.ts";
import { driveClient } from "./client-referee.ts";
import { judgeClientTypes, tryClientOnRuntimes } from "./client-runtimes.ts";
import { judgeDownloads } from "./downloads.ts";
import { findDrift } from "./drift.ts";
import { driveGeneratedClients } from "./generated-clients.ts";
import { judgeByHosts } from "./host-referees.ts";
import { lintDocument } from "./lint-document.ts";
import { judgeByNginx } from "./nginx.ts";
import { startReceiver } from "./receiver.ts";
import { Report } from "./report.ts";
import { HERE, installTools } from "./tools.ts";
import { driveUntypedClients } from "./untyped-clients.ts";

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

async function judge(report: Report, dir: string, system: System, tenants: readonly DemoTenant[]): Promise<void> {
  const { edgeUrl } = system;
  const document = join(dir, "openapi.json");
  const answer = await fetch(`${edgeUrl}/openapi.json`);
  writeFileSync(document, await answer.text());
  const [driver, drifter, mcp] = tenants as readonly [DemoTenant, DemoTenant, DemoTenant];

  console.log("\nThe document");
  await lintDocument(report, document);
  console.log("\nClients made from the document");
  await driveClient(report, { edgeUrl, tenant: driver, document, known });
  const owner = { edgeUrl, apiKey: driver.api_key };
  await driveGeneratedClients(report, { ...owner, document });
  await driveUntypedClients(report, { ...owner, document });
  console.log("\nThe project's own client");
  await judgeClientTypes(report);
  await tryClientOnRuntimes(report, owner);
  console.log("\nPrism between client and edge");
  const receiver = await startReceiver();
  try {
    await findDrift(report, { edgeUrl, apiKey: drifter.admin_key, document, hookUrl: receiver.url });
  } finally {
    await receiver.stop();
  }
  console.log("\nThe Model Context Protocol");
  await judgeMcp(report, edgeUrl, mcp);
  await judgeByHosts(report, { edgeUrl, apiKey: mcp.api_key, dir });
  console.log("\nPrograms that download");
  await judgeDownloads(report, owner, dir);
  console.log("\nA browser, and nginx before the edge");
  await judgeByBrowser(report, owner);
  await judgeByNginx(report, owner, system, dir);
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
    await report.check("every referee came to its end", () => judge(report, dir, system, tenants));
  } finally {
    await system.stop();
    rmSync(dir, { recursive: true, force: true });
  }
  return report.conclude();
}

process.exitCode = (await main()) ? 0 : 1;
