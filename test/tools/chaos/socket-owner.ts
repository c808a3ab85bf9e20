import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Which of these processes holds the connection between these two local ports; undefined where /proc does not tell. */
export function ownerOf(from: number, to: number, pids: readonly number[]): number | undefined {
  const suffix = (port: number) => `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const lines = linesOf("/proc/net/tcp").map((line) => line.trim().split(/\s+/));
  const inode = lines.find(([, local, remote]) => local?.endsWith(suffix(from)) && remote?.endsWith(suffix(to)))?.[9];
  if (inode === undefined) return undefined;
  return pids.find((pid) => socketsOf(pid).includes(`socket:[${inode}]`));
}

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, "utf8").split("\n");
  } catch {
    return [];
  }
}

function socketsOf(pid: number): readonly string[] {
  const dir = `/proc/${pid}/fd`;
  try {
    return readdirSync(dir).flatMap((name) => {
      try {
        return [readlinkSync(`${dir}/${name}`)];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}
