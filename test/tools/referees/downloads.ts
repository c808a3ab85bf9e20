import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { finishedRun, type FinishedRun, type Owner } from "./finished-run.ts";
import type { Report } from "./report.ts";
import { fileOf, runProgram } from "./tools.ts";

interface Download {
  readonly output: string;
  /** The presigned address, which takes no key. */
  readonly presigned: string;
  readonly authorization: string;
  readonly run: FinishedRun;
  readonly bytes: Buffer;
  file(name: string): string;
}

const PYTHON = `
import sys, urllib.request
url, authorization, into = sys.argv[1:]
headers = {"Authorization": authorization} if authorization else {}
with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as response:
    open(into, "wb").write(response.read())
`;

type Case = readonly [program: string, what: string, act: (download: Download) => Promise<void>];

const CASES: readonly Case[] = [
  ["wget", "wget downloads the output", (d) => byWget(d, d.output, d.authorization)],
  ["wget", "wget downloads from the presigned address", (d) => byWget(d, d.presigned)],
  ["python3", "Python's urllib downloads the output", (d) => byUrllib(d, d.output, d.authorization)],
  ["python3", "Python's urllib downloads from the presigned address", (d) => byUrllib(d, d.presigned)],
  ["curl", "curl downloads the output, following redirects", curlWhole],
  ["curl", "curl downloads the output by ranges", (d) => curlRanges(d, d.output, d.authorization)],
  ["curl", "curl downloads from the presigned address by ranges", (d) => curlRanges(d, d.presigned)],
  ["curl", "curl continues a download that broke off", curlContinues],
  ["curl", "curl asks for the head of the output alone", curlHead],
  ["curl", "curl asks for the output again only if it has changed", curlAgain],
];

/** Programs that know nothing of the product get the bytes that the run names. */
export async function judgeDownloads(report: Report, owner: Owner, dir: string): Promise<void> {
  const download: Partial<Download> = {};
  const bought = await report.check("a run to download is bought in one trip", async () => {
    Object.assign(download, await prepare(owner, dir));
  });
  if (!bought) return;
  for (const [program, what, act] of CASES) {
    if (fileOf(program) !== undefined) await report.check(what, () => act(download as Download));
    else report.skip(what, `there is no ${program}`);
  }
}

async function prepare(owner: Owner, dir: string): Promise<Download> {
  const run = await finishedRun(owner);
  const authorization = `Bearer ${owner.apiKey}`;
  const asked = await fetch(owner.edgeUrl + run.links.result, { headers: { Authorization: authorization } });
  const { url } = z.object({ url: z.url() }).parse(await asked.json());
  const output = owner.edgeUrl + run.links.output;
  const answer = await fetch(output, { headers: { Authorization: authorization } });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const download = { output, presigned: url, authorization, run, bytes, file: (name: string) => join(dir, name) };
  judge(download, bytes);
  return download;
}

function judge({ run }: Pick<Download, "run">, bytes: Buffer): void {
  const digest = createHash("sha256").update(bytes).digest("hex");
  if (digest !== run.result.sha256) throw new Error(`not the bytes of the result: ${bytes.toString()}`);
}

async function byWget(download: Download, url: string, authorization?: string): Promise<void> {
  const file = download.file("wget");
  const header = authorization === undefined ? [] : [`--header=Authorization: ${authorization}`];
  await runProgram("wget", ["--no-config", "--tries=1", "--quiet", "-O", file, ...header, url]);
  judge(download, readFileSync(file));
}

async function byUrllib(download: Download, url: string, authorization = ""): Promise<void> {
  const file = download.file("urllib");
  await runProgram("python3", ["-c", PYTHON, url, authorization, file]);
  judge(download, readFileSync(file));
}

const curl = (authorization: string | undefined, args: readonly string[]) => {
  const header = authorization === undefined ? [] : ["-H", `Authorization: ${authorization}`];
  return runProgram("curl", ["-q", "--silent", "--show-error", "--fail", ...header, ...args]);
};

async function curlWhole(download: Download): Promise<void> {
  const file = download.file("curl");
  await curl(download.authorization, ["--location", "-o", file, download.output]);
  judge(download, readFileSync(file));
}

async function curlRanges(download: Download, url: string, authorization?: string): Promise<void> {
  const parts: Buffer[] = [];
  for (const [at, range] of ["0-9", "10-99", "100-"].entries()) {
    const file = download.file(`part-${at}`);
    const status = await curl(authorization, ["--range", range, "-o", file, "-w", "%{http_code}", url]);
    if (status !== "206") throw new Error(`${status} for the range ${range}`);
    parts.push(readFileSync(file));
  }
  judge(download, Buffer.concat(parts));
}

async function curlContinues(download: Download): Promise<void> {
  const file = download.file("broken");
  await curl(download.authorization, ["--range", "0-99", "-o", file, download.output]);
  if (statSync(file).size !== 100) throw new Error("no part of 100 bytes");
  await curl(download.authorization, ["--continue-at", "-", "-o", file, download.output]);
  judge(download, readFileSync(file));
}

async function curlHead(download: Download): Promise<void> {
  const head = await curl(download.authorization, ["--head", download.output]);
  const { size_bytes, sha256 } = download.run.result;
  for (const line of [`content-length: ${size_bytes}`, `etag: "${sha256}"`, "accept-ranges: bytes"])
    if (!head.toLowerCase().includes(line)) throw new Error(`no ${line} in ${head}`);
}

async function curlAgain(download: Download): Promise<void> {
  const [tags, file] = [download.file("tags"), download.file("again")];
  await curl(download.authorization, ["--etag-save", tags, "-o", file, download.output]);
  const again = ["--etag-compare", tags, "-o", download.file("nothing"), "-w", "%{http_code}", download.output];
  const status = await curl(download.authorization, again);
  if (status !== "304") throw new Error(`${status} for what has not changed`);
}
