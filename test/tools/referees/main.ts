import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { operations } from "../../api/document.ts";
import { createDemoTenant, type DemoTenant, withOwner } from "../../dev/demo-tenant.ts";
import { startSystem, type System } from "../../dev/system.ts";
import { judgeByBrowser } from "./browser.ts";
import { driveClient } from "./client-referee.ts";
import { judgeClientTypes, tryClientOnRuntimes, tryClientOnTypeScript5 } from "./client-runtimes.ts";
import { judgeDownloads } from "./downloads.ts";
import { findDrift } from "./drift.ts";
import { tryExamples } from "./examples/try-examples.ts";
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

interface Case {
  readonly report: Report;
  readonly dir: string;
  readonly document: string;
  readonly system: System;
  readonly tenants: readonly [driver: DemoTenant, drifter: DemoTenant, agent: DemoTenant];
}

const ownerOf = ({ system, tenants }: Case) => ({ edgeUrl: system.edgeUrl, apiKey: tenants[0].api_key });

/** By the names with which `npm run referees -- NAME...` asks some alone. */
const COURTS: Readonly<Record<string, readonly [title: string, judge: (given: Case) => Promise<void>]>> = {
  document: ["The document", ({ report, document }) => lintDocument(report, document)],
  clients: [
    "Clients made from the document",
    async (given) => {
      const { report, document, system, tenants } = given;
      await driveClient(report, { edgeUrl: system.edgeUrl, tenant: tenants[0], document, known });
      await driveGeneratedClients(report, { ...ownerOf(given), document });
      await driveUntypedClients(report, { ...ownerOf(given), document });
    },
  ],
  client: [
    "The project's own client",
    async (given) => {
      await judgeClientTypes(given.report);
      await tryClientOnTypeScript5(given.report);
      await tryClientOnRuntimes(given.report, ownerOf(given));
    },
  ],
  examples: [
    "The client's examples",
    ({ report, system, tenants }) => tryExamples(report, { edgeUrl: system.edgeUrl, tenant: tenants[0] }),
  ],
  prism: ["Prism between client and edge", judgeDrift],
  mcp: [
    "The Model Context Protocol",
    async ({ report, dir, system, tenants }) => {
      await judgeMcp(report, system.edgeUrl, tenants[2]);
      await judgeByHosts(report, { edgeUrl: system.edgeUrl, apiKey: tenants[2].api_key, dir });
    },
  ],
  downloads: ["Programs that download", (given) => judgeDownloads(given.report, ownerOf(given), given.dir)],
  browser: [
    "A browser, and nginx before the edge",
    async (given) => {
      await judgeByBrowser(given.report, ownerOf(given));
      await judgeByNginx(given.report, ownerOf(given), given.system, given.dir);
    },
  ],
};

async function judgeDrift({ report, document, system, tenants }: Case): Promise<void> {
  const receiver = await startReceiver();
  try {
    const { edgeUrl } = system;
    await findDrift(report, { edgeUrl, apiKey: tenants[1].admin_key, document, hookUrl: receiver.url });
  } finally {
    await receiver.stop();
  }
}

async function judge(names: readonly string[], given: Omit<Case, "document">): Promise<void> {
  const document = join(given.dir, "openapi.json");
  const answer = await fetch(`${given.system.edgeUrl}/openapi.json`);
  writeFileSync(document, await answer.text());
  for (const [name, [title, act]] of Object.entries(COURTS)) {
    if (names.length > 0 && !names.includes(name)) continue;
    console.log(`\n${title}`);
    await act({ ...given, document });
  }
}

async function judgeMcp(report: Report, edgeUrl: string, tenant: DemoTenant): Promise<void> {
  const file = join(HERE, "mcp.ts");
  if (!existsSync(file)) return report.fail("the protocol's own referees", "there are none");
  const { mcpReferees } = (await import(pathToFileURL(file).href)) as McpReferees;
  const verdicts = [await mcpReferees({ edgeUrl, apiKey: tenant.api_key })].flat();
  for (const verdict of verdicts) report.add(verdict.name, verdict);
}

async function main(names: readonly string[]): Promise<boolean> {
  const unknown = names.filter((name) => !Object.hasOwn(COURTS, name));
  if (unknown.length > 0)
    throw new Error(`no referees ${unknown.join(", ")}; there are ${Object.keys(COURTS).join(", ")}`);
  await installTools();
  const dir = mkdtempSync(join(tmpdir(), "dpp-referees-"));
  const report = new Report();
  const env = { ...process.env, DPP_WEBHOOK_ALLOW_HTTP: "true", DPP_WEBHOOK_ALLOW_HOSTS: "127.0.0.1:*" };
  const system = await startSystem({ stateDir: join(dir, "stack"), env, fsync: false });
  try {
    console.log(`The referees judge ${system.edgeUrl}`);
    const tenants = await withOwner(
      system,
      async (db) =>
        [
          await createDemoTenant(db, { name: "Client" }),
          await createDemoTenant(db, { name: "Prism" }),
          await createDemoTenant(db, { name: "MCP" }),
        ] as const,
    );
    await report.check("every referee came to its end", () => judge(names, { report, dir, system, tenants }));
  } finally {
    await system.stop();
    rmSync(dir, { recursive: true, force: true });
  }
  return report.conclude();
}

process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
