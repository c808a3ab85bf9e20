import { randomBytes, randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../dev/free-port.ts";
import { run, until } from "../deploy/programs.ts";
import { type Server, startServer } from "./server.ts";

const REGION = "us-east-1";
const MEMORY_BYTES = 1_073_741_824;

/** One of each, without redundancy and in memory. */
const settingsOf = (dir: string, fsid: string, port: number): Readonly<Record<string, string | number>> => ({
  fsid,
  "mon host": `[v1:127.0.0.1:${port}]`,
  "public addr": "127.0.0.1",
  "cluster addr": "127.0.0.1",
  keyring: join(dir, "keyring"),
  "run dir": dir,
  "admin socket": join(dir, "$name.asok"),
  "log file": join(dir, "$name.log"),
  "pid file": join(dir, "$name.pid"),
  "osd pool default size": 1,
  "osd pool default min size": 1,
  "osd pool default pg num": 1,
  "osd pool default pgp num": 1,
  "osd pool default pg autoscale mode": "off",
  "mon allow pool size one": "true",
  "mon max pg per osd": 10_000,
  "osd objectstore": "memstore",
  "memstore device bytes": MEMORY_BYTES,
  "osd crush chooseleaf type": 0,
});

const KEYS: Readonly<Record<string, readonly string[]>> = {
  "mon.": ["mon", "allow *"],
  "client.admin": ["mon", "allow *", "osd", "allow *"],
  "osd.0": ["mon", "allow profile osd", "osd", "allow *"],
  "client.rgw": ["mon", "allow rw", "osd", "allow rwx"],
};

export const CEPH_PROGRAMS = [
  "ceph",
  "ceph-mon",
  "ceph-osd",
  "radosgw",
  "radosgw-admin",
  "ceph-authtool",
  "monmaptool",
];

export interface Ceph {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  stop(): Promise<void>;
}

/** Ceph's object gateway before a monitor and an object store of one process each. */
export async function startCeph(parent: string): Promise<Ceph> {
  const dir = join(parent, "ceph");
  for (const part of ["mon", "osd"]) mkdirSync(join(dir, part), { recursive: true });
  const [fsid, osd] = [randomUUID(), randomUUID()];
  const [port, gateway] = [await freePort(), await freePort()];
  const file = join(dir, "ceph.conf");
  const lines = Object.entries(settingsOf(dir, fsid, port)).map(([name, value]) => `${name} = ${value}\n`);
  writeFileSync(file, `[global]\n${lines.join("")}`);
  const ceph = (...args: readonly string[]) => run("ceph", ["-c", file, ...args]);
  const servers: Server[] = [];
  const serve = (...args: readonly [string, ...string[]]) =>
    servers.push(startServer(dir, `${args[0]}-output`, [...args, "-f", "-c", file]));
  const stop = async () => {
    for (const server of servers.toReversed()) await server.stop();
  };
  try {
    await makeKeys(join(dir, "keyring"));
    const map = join(dir, "monmap");
    await run("monmaptool", ["--create", "--addv", "a", `[v1:127.0.0.1:${port}]`, "--fsid", fsid, map]);
    const mon = ["-i", "a", "--mon-data", join(dir, "mon")] as const;
    await run("ceph-mon", ["-c", file, "--mkfs", "--monmap", map, "--keyring", join(dir, "keyring"), ...mon]);
    serve("ceph-mon", ...mon);
    await ceph("osd", "create", osd);
    const store = ["-i", "0", "--osd-data", join(dir, "osd")] as const;
    await run("ceph-osd", ["-c", file, "--mkfs", "--osd-uuid", osd, ...store]);
    serve("ceph-osd", ...store);
    await until(
      () => ceph("osd", "stat"),
      (stat) => stat.includes("1 up"),
    );
    serve("radosgw", "-n", "client.rgw", "--rgw-frontends", `beast endpoint=127.0.0.1:${gateway}`);
    const endpoint = `http://127.0.0.1:${gateway}`;
    await until(
      () =>
        fetch(endpoint).then(
          () => true,
          () => false,
        ),
      Boolean,
    );
    const credentials = {
      accessKeyId: randomBytes(10).toString("hex").toUpperCase(),
      secretAccessKey: randomBytes(20).toString("hex"),
    };
    const user = ["user", "create", "--uid", "dpp", "--display-name", "dpp"];
    const keys = ["--access-key", credentials.accessKeyId, "--secret-key", credentials.secretAccessKey];
    await run("radosgw-admin", ["-c", file, ...user, ...keys]);
    return { endpoint, region: REGION, ...credentials, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function makeKeys(keyring: string): Promise<void> {
  await run("ceph-authtool", ["-C", keyring]);
  for (const [name, caps] of Object.entries(KEYS)) {
    const pairs = caps.flatMap((cap, at) => (at % 2 === 0 ? ["--cap", cap] : [cap]));
    await run("ceph-authtool", [keyring, "--gen-key", "-n", name, ...pairs]);
  }
}
