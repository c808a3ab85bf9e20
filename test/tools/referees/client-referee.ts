import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DemoTenant } from "../../dev/demo-tenant.ts";
import type { Report } from "./report.ts";
import { HERE, runTool } from "./tools.ts";

interface Part {
  readonly name: string;
  /** Operations, and parameters as `operation?parameter`, without which the part would not compile. */
  readonly needs: readonly string[];
}

const PARTS: readonly Part[] = [
  { name: "runs", needs: ["createRun", "getRun", "getResult", "cancelRun", "getBudget"] },
  { name: "wait", needs: ["getRun?Prefer"] },
  { name: "receipt", needs: ["getReceipt", "getKeySet"] },
  { name: "keys", needs: ["listKeys", "createKey", "rotateKey", "revokeKey"] },
  { name: "usage", needs: ["getUsage"] },
];

interface ClientWorld {
  readonly edgeUrl: string;
  readonly tenant: DemoTenant;
  /** Where the document is, and where types may be written. */
  readonly document: string;
  /** Operation ids, and parameters as `operation?parameter`, that the document has. */
  readonly known: ReadonlySet<string>;
}

interface Drive {
  drive(world: { readonly edgeUrl: string; readonly apiKey: string; readonly adminKey: string }): Promise<void>;
}

/** A client generated from the document compiles, strictly, and drives the system. */
export async function driveClient(report: Report, world: ClientWorld): Promise<void> {
  const dir = dirname(world.document);
  const present = PARTS.filter(({ name, needs }) => {
    const lacks = needs.filter((need) => !world.known.has(need));
    if (lacks.length > 0) report.fail(`the generated client: ${name}`, `the document lacks ${lacks.join(", ")}`);
    return lacks.length === 0;
  });
  await report.check("openapi-typescript makes types of the document", async () => {
    // A member of a body with a default need not be sent.
    const args = [world.document, "--default-non-nullable=false", "-o", join(dir, "api.d.ts")];
    await runTool("openapi-typescript", "openapi-typescript", args);
  });
  await report.check(`the client compiles: ${present.map(({ name }) => name).join(", ")}`, () => compile(dir, present));
  for (const { name } of present) {
    await report.check(`the generated client: ${name}`, async () => {
      const { drive } = (await import(new URL(`client/${name}.ts`, import.meta.url).href)) as Drive;
      await drive({ edgeUrl: world.edgeUrl, apiKey: world.tenant.api_key, adminKey: world.tenant.admin_key });
    });
  }
}

async function compile(dir: string, parts: readonly Part[]): Promise<void> {
  const config = {
    compilerOptions: {
      target: "ES2024",
      lib: ["ES2024", "DOM", "DOM.Iterable"],
      module: "ESNext",
      moduleResolution: "bundler",
      allowImportingTsExtensions: true,
      noEmit: true,
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      verbatimModuleSyntax: true,
      skipLibCheck: true,
      types: [],
      paths: { "decisionproof-api": [join(dir, "api.d.ts")] },
    },
    files: parts.map(({ name }) => join(HERE, "client", `${name}.ts`)),
  };
  mkdirSync(dir, { recursive: true });
  const file = join(dir, "tsconfig.json");
  writeFileSync(file, JSON.stringify(config));
  await runTool("typescript", "tsc", ["-p", file]);
}
