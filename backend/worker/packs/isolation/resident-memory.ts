import { readFile } from "node:fs/promises";

const PAGE_BYTES = 4_096;
const CHECK_EVERY_MS = 100;

/** Resident memory of a process in bytes; undefined when it is gone, or where there is no /proc. */
async function residentBytes(pid: number): Promise<number | undefined> {
  const statm = await readFile(`/proc/${pid}/statm`, "utf8").catch(() => "");
  const pages = statm.split(" ")[1];
  return pages === undefined ? undefined : Number(pages) * PAGE_BYTES;
}

/**
 * Looks at the resident memory of a process until the returned function is called, and calls `onExcess` when there is
 * more than `most_mb` of it: what V8's own limits do not count, such as buffers and the memory of WebAssembly.
 */
export function watchResidentMemory(pid: number, most_mb: number, onExcess: () => void): () => void {
  const check = async () => {
    const bytes = await residentBytes(pid);
    if (bytes !== undefined && bytes > most_mb * 1_000_000) onExcess();
  };
  const timer = setInterval(() => void check(), CHECK_EVERY_MS);
  return () => clearInterval(timer);
}
