import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { startEdge } from "../../dev/edge.ts";
import { freePort } from "../../dev/free-port.ts";
import { CONSUMER, CONSUMERS } from "../client/consumer.ts";
import { consumerProject, typeErrors } from "../client/pack-client.ts";
import { clientTypes, TYPES_FILE } from "../client/write-types.ts";
import type { Owner } from "./finished-run.ts";
import type { Report } from "./report.ts";
import { fileOf, load, MODULES, runProgram, toolFile } from "./tools.ts";

const TRIED = "the client works";
const PATIENCE_MS = 120_000;
const TRY = fileURLToPath(new URL("../client/try.mjs", import.meta.url));

/** The client, as npm would install it, does the same on every runtime that it names. */
export async function tryClientOnRuntimes(report: Report, owner: Owner): Promise<void> {
  using project = await consumerProject();
  const { dir } = project;
  copyFileSync(TRY, join(dir, "try.mjs"));
  const world = JSON.stringify({ edgeUrl: owner.edgeUrl, apiKey: owner.apiKey });
  const main = join(dir, "main.mjs");
  writeFileSync(main, `import { tryClient } from "./try.mjs";\nconsole.log(await tryClient(${world}));\n`);
  const check = (runtime: string, work: () => Promise<string>) =>
    report.check(`the client on ${runtime}`, async () => {
      const said = await work();
      if (said.trim() !== TRIED) throw new Error(said);
    });
  await check("Node", () => runProgram(process.execPath, [main]));
  await check("Deno", () =>
    runProgram(programIn("@deno", "deno"), [
      "run",
      "--no-remote",
      "--node-modules-dir=manual",
      "--allow-net",
      "--allow-env",
      main,
    ]),
  );
  await check("Bun", () => runProgram(programIn("@oven", "bin/bun"), ["run", main]));
  const { outputFiles } = await build({
    entryPoints: [join(dir, "try.mjs")],
    bundle: true,
    format: "esm",
    platform: "neutral",
    write: false,
  });
  const script = outputFiles[0]?.text ?? "";
  await check("workerd", () => inWorker(script, world));
  const chromium = fileOf("chromium");
  if (chromium === undefined) return report.skip("the client on chromium", "there is no chromium");
  await check("chromium", () => inPage(chromium, script, world));
}

/** The types that npm would install hold, and refuse mistakes, for users of the TypeScript before the house's. */
export async function tryClientOnTypeScript5(report: Report): Promise<void> {
  using project = await consumerProject();
  writeFileSync(join(project.dir, "consumer.ts"), CONSUMER);
  const compiler = toolFile("typescript", "tsc");
  const { version } = await load<{ readonly default: { readonly version: string } }>("typescript").then(
    (it) => it.default,
  );
  for (const [name, options] of CONSUMERS) {
    await report.check(`the client's types in TypeScript ${version}, ${name}`, async () => {
      const errors = await typeErrors(project.dir, options, ["consumer.ts"], compiler);
      if (errors !== "") throw new Error(errors);
    });
  }
}

/** openapi-typescript makes of the document what is in the client. */
export async function judgeClientTypes(report: Report): Promise<void> {
  await report.check("the client's types are those of the document", async () => {
    if ((await clientTypes()) !== readFileSync(TYPES_FILE, "utf8")) throw new Error("run npm run client:types");
  });
}

/** A program that a package has for this machine alone. */
function programIn(scope: string, path: string): string {
  const [name] = readdirSync(join(MODULES, scope));
  if (name === undefined) throw new Error(`no package of ${scope} for this machine`);
  return join(MODULES, scope, name, path);
}

async function inWorker(script: string, world: string): Promise<string> {
  const handler = `async () => new Response(await tryClient(${world}).catch((error) => error.stack))`;
  const worker = await startEdge({
    script: `${script}\nexport default { fetch: ${handler} };`,
    bindings: {},
    port: await freePort(),
  });
  try {
    return await (await fetch(`${worker.url}/try`)).text();
  } finally {
    await worker.dispose();
  }
}

interface Puppeteer {
  readonly default: {
    launch(options: object): Promise<{
      newPage(): Promise<{ goto(url: string): Promise<unknown>; evaluate(expression: string): Promise<unknown> }>;
      close(): Promise<void>;
    }>;
  };
}

async function inPage(executablePath: string, script: string, world: string): Promise<string> {
  const server = createServer(({ url }, response) => {
    const isScript = url === "/try.js";
    response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html").end(isScript ? script : "<p>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { default: puppeteer } = await load<Puppeteer>("puppeteer-core");
  const args = ["--no-sandbox", "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"];
  const browser = await puppeteer.launch({ executablePath, headless: true, args, protocolTimeout: PATIENCE_MS });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const call = `import("/try.js").then(({ tryClient }) => tryClient(${world})).catch((error) => error.stack)`;
    return String(await page.evaluate(call));
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
}
