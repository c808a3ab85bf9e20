import { judgeByClients } from "./mcp-clients.ts";
import { conformance, type Judged, unaccounted } from "./mcp-conformance.ts";
import { NOT_APPLICABLE, type Revision, SCENARIOS } from "./mcp-scenarios.ts";
import { startStandIn } from "./mcp-stand-in.ts";

export interface Verdict {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  /** Failures first, then what was judged, then what does not apply and why. */
  readonly notes: string[];
}

const REVISIONS = ["2025-11-25", "2026-07-28"] as const;

/** What the official conformance suite and the official clients say of `/mcp`. */
export async function mcpReferees(world: { readonly edgeUrl: string; readonly apiKey: string }): Promise<Verdict[]> {
  const standIn = await startStandIn(world);
  try {
    const suites = await Promise.all(REVISIONS.map((revision) => judgeBySuite(standIn.url, revision)));
    return [...suites, await judgeByClients(world)];
  } finally {
    await standIn.close();
  }
}

async function judgeBySuite(url: string, revision: Revision): Promise<Verdict> {
  const judged: Judged[] = [];
  for (const scenario of SCENARIOS[revision]) judged.push(await conformance(url, revision, scenario));
  const failures = [...judged.flatMap((one) => one.failures), ...(await unaccounted(revision))];
  return {
    name: `MCP conformance suite, ${revision}`,
    passed: judged.reduce((sum, { passed }) => sum + passed, 0),
    failed: failures.length,
    notes: [
      ...failures,
      ...judged.map(({ name, passed }) => `${name}: ${passed} checks passed`),
      ...judged.flatMap(({ excused }) => excused),
      ...NOT_APPLICABLE[revision].map(([names, why]) => `not applicable: ${names.join(", ")}: ${why}`),
    ],
  };
}
