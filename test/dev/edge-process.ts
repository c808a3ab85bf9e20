import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { startEdge } from "./edge.ts";
import { signalQuietly } from "./processes.ts";

export interface EdgeSpec {
  readonly script: string;
  readonly bindings: Record<string, string>;
  readonly port: number;
}

const WATCH_MS = 200;

// The edge as a process of its own: workerd outlives a host that is killed, and a host does not notice that its
// workerd is gone. So a shell ends workerd when this process ends, and this process ends when workerd does.
function bindTogether(): void {
  const workerd = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8")
    .split(" ")
    .map(Number)
    .find((pid) => pid > 0 && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("workerd"));
  if (workerd === undefined) return;
  const dog = spawn("/bin/sh", ["-c", 'read -r _; kill -KILL "$0" 2>/dev/null', String(workerd)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  dog.unref();
  const alive = () => {
    try {
      return process.kill(workerd, 0);
    } catch {
      return false;
    }
  };
  setInterval(() => {
    if (!alive()) process.exit(1);
  }, WATCH_MS).unref();
  process.once("exit", () => signalQuietly(workerd, "SIGKILL"));
}

process.once("message", (spec: EdgeSpec) => {
  startEdge({ ...spec, log: (line) => console.log(line) })
    .then((edge) => {
      if (process.platform === "linux") bindTogether();
      const stop = () => void edge.dispose().finally(() => process.exit(0));
      process.once("SIGTERM", stop);
      process.once("SIGINT", stop);
      process.once("disconnect", stop);
      process.send?.("ready");
    })
    .catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
});
