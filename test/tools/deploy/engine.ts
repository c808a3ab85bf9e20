import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { run } from "./programs.ts";

/** Images are kept between calls: a build after a change of one file takes seconds. */
const IMAGES = resolve(process.env["DPP_DEV_DIR"] ?? ".dev", "containers");

/** buildah and podman with a storage of their own, as root, without a daemon. */
export interface Engine {
  readonly dir: string;
  readonly env: NodeJS.ProcessEnv;
  podman(...args: readonly string[]): Promise<string>;
  buildah(...args: readonly string[]): Promise<string>;
  close(): void;
}

export function openEngine(): Engine {
  mkdirSync(IMAGES, { recursive: true });
  const dir = mkdtempSync(join(tmpdir(), "dpp-deploy-"));
  // runc, for crun refuses machines with both kinds of cgroups; ulimits of the caller, for a container may not raise them.
  const conf = `[containers]\ndefault_ulimits=[]\n[engine]\ncgroup_manager="cgroupfs"\nevents_logger="none"\nruntime="runc"\n`;
  const storage = `[storage]\ndriver="overlay"\ngraphroot=${JSON.stringify(IMAGES)}\nrunroot=${JSON.stringify(join(dir, "run"))}\n`;
  writeFileSync(join(dir, "containers.conf"), conf);
  writeFileSync(join(dir, "storage.conf"), storage);
  const env = {
    ...process.env,
    CONTAINERS_CONF: join(dir, "containers.conf"),
    CONTAINERS_STORAGE_CONF: join(dir, "storage.conf"),
  };
  return {
    dir,
    env,
    podman: (...args) => run("podman", args, { env }),
    buildah: (...args) => run("buildah", args, { env }),
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
}
