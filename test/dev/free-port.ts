import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { randomInt } from "node:crypto";

// Below the range from which kernels pick source ports: a client that retries a dead port inside that range can end up
// connected to itself, and then the restarted server finds its own port taken.
const LOWEST_PORT = 12_000;
const HIGHEST_PORT = 32_000;
const ATTEMPTS = 100;

function canBind(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if (await canBind(port)) return port;
  }
  throw new Error(`no free port found between ${LOWEST_PORT} and ${HIGHEST_PORT}`);
}

/** The port that this file remembers, where it is still free, so that addresses outlive a restart; else a new one. */
export async function keptPort(file: string): Promise<number> {
  const kept = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
  const port = kept >= LOWEST_PORT && kept < HIGHEST_PORT && (await canBind(kept)) ? kept : await freePort();
  writeFileSync(file, String(port));
  return port;
}
