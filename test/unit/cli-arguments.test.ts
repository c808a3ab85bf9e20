import { CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { catalog } from "#core/domain/packs/catalog.ts";
import { createProgram } from "../../backend/cli/program.ts";

const id = "018f4c1e-7b6a-7cc0-9d2e-3f5a6b7c8d9e";

interface Parsed {
  readonly performed: number;
  readonly exitCode: number | undefined;
  readonly err: string;
  readonly out: string;
}

async function parse(args: readonly string[]): Promise<Parsed> {
  let performed = 0;
  let err = "";
  let out = "";
  const perform = async (): Promise<void> => void (performed += 1);
  const shell = { perform, print: () => undefined, env: {}, doctor: async () => ({ text: "", json: {} }), ui: perform };
  const program = createProgram(shell, { writeErr: (text) => (err += text), writeOut: (text) => (out += text) });
  try {
    await program.parseAsync(args, { from: "user" });
    return { performed, exitCode: undefined, err, out };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { performed, exitCode: error.exitCode, err, out };
  }
}

describe("the operators' CLI", () => {
  it.each([
    [[]],
    [["nonsense"]],
    [["tenant"]],
    [["tenant", "create"]],
    [["tenant", "create", "--name", ""]],
    [["tenant", "create", "--name", "x".repeat(201)]],
    [["plan", "define", "Not A Name"]],
    [["plan", "define", "x", "--submit-per-minute", "0"]],
    [["plan", "define", "x", "--packs", "decision,unknown"]],
    [["plan", "define", "x", "--max-cost-usd", "0.0049"]],
    [["plan", "set", "--tenant", "not-a-uuid", "--plan", "cli"]],
    [["key", "create"]],
    [["key", "create", "--tenant", id, "--scopes", "write"]],
    [["key", "create", "--tenant", id, "--mode", "both"]],
    [["key", "create", "--tenant", id, "--expires", "tomorrow"]],
    [["key", "rotate", id, "--grace-seconds", "-1"]],
    [["key", "revoke"]],
    [["key", "list", "--tenant", id, "--colour"]],
    [["grant", "--tenant", id, "--usd", "5"]],
    [["grant", "--tenant", id, "--usd", "-5", "--id", "a"]],
    [["grant", "--tenant", id, "--usd", "0", "--id", "a"]],
    [["grant", "--tenant", id, "--usd", "1e3", "--id", "a"]],
    [["grant", "--tenant", id, "--usd", "0.0000001", "--id", "a"]],
    [["grant", "--tenant", id, "--usd", "5", "--id", "a\nb"]],
    [["balance"]],
    [["balance", "--tenant", `${id}0`]],
    [["balance", id, "--tenant", id.replace("0", "1")]],
    [["run", "list"]],
    [["run", "list", "--tenant", id, "--limit", "101"]],
    [["run", "list", "--tenant", id, "--limit", "0"]],
    [["run", "list", "--tenant", id, "--status", "DONE"]],
    [["tenant", "list", "more"]],
    [["run", "show", id, "more"]],
    [["switch", "set", "off"]],
    [["audit", "everything"]],
    [["audit", "--tenant", "x"]],
    [["findings", "nonsense"]],
    [["findings", "resolve", "1"]],
    [["findings", "resolve", "0", "--note", "x"]],
    [["findings", "resolve", "1", "--note", " "]],
    [["run", "decide", id, "--charge", "1"]],
    [["run", "decide", id, "--charge", "-1", "--note", "x"]],
    [["clawback", "--tenant", id, "--usd", "5"]],
    [["clawback", "--tenant", id, "--usd", "0", "--id", "a", "--reason", "x"]],
    [["clawback", "--tenant", id, "--usd", "5", "--id", "a"]],
    [["switch", "set", "halt"]],
    [["tenant", "close", id]],
    [["tenant", "suspend", id, "--reason", " "]],
    [["run", "refund", id, "--usd", "0", "--reason", "x"]],
    [["revenue", "--from", "yesterday"]],
    [["actions", "list", "--before", "0"]],
    [["key", "create", "--tenant", id, "--dry-run"]],
    [["credit", "list"]],
    [["ui", "--port", "0"]],
    [["ui", "--port", "65536"]],
    [["ui", "--metrics", "file:///etc/passwd"]],
    [["ui", "--metrics", "worker:9464"]],
    [["dlq"]],
    [["dlq", "redrive"]],
    [["dlq", "redrive", id, "--all"]],
  ])("refuses %j and says why", async (args: string[]) => {
    const { performed, exitCode, err } = await parse(args);
    expect({ performed, exitCode }).toEqual({ performed: 0, exitCode: 1 });
    expect(err).toMatch(/error: |Usage: /);
  });

  it.each([
    [["tenant", "create", "--name", " Ada "]],
    [["plan", "define", "pro-2", "--max-cost-usd", "0.005", "--packs", "url, decision"]],
    [["plan", "set", "--tenant", id.toUpperCase(), "--plan", "pro"]],
    [["key", "create", "--tenant", id, "--scopes", "read,submit,read", "--expires", "2030-01-31T00:00:00+02:00"]],
    [["key", "rotate", id, "--grace-seconds", "0"]],
    [["grant", "--tenant", id, "--usd", "0.000001", "--id", "invoice 7"]],
    [["grant", "--tenant", id, "--usd", "5", "--id", "a", "--reason", "paid", "--dry-run"]],
    [["credit", "list", "--tenant", id, "--limit", "100", "--json"]],
    [["ui"]],
    [["ui", "--port", "8800", "--metrics", "http://a:9464/metrics", "--metrics", "https://b/metrics", "--json"]],
    [["balance", id]],
    [["balance", id, "--tenant", id.toUpperCase()]],
    [["run", "list", "--tenant", id, "--status", "failed", "--limit", "100"]],
    [["tenant", "list"]],
    [["switch", "set", "halt", "--reason", "x", "--json"]],
    [["audit", "--tenant", id, "--receipts", "--json"]],
    [["audit", "--full"]],
    [["findings", "--tenant", id, "--json"]],
    [["findings", "list"]],
    [["findings", "resolve", "17", "--note", "mended", "--json"]],
    [["run", "decide", id, "--charge", "0", "--note", "nothing came of it"]],
    [["clawback", "--tenant", id, "--usd", "0.000001", "--id", "dispute 7", "--reason", "x", "--dry-run"]],
    [["dlq", "redrive", id]],
    [["dlq", "redrive", "--all", "--json"]],
    [["tenant", "suspend", id, "--reason", "floods"]],
    [["run", "refund", id, "--usd", "0.01", "--reason", "wrong answer", "--dry-run"]],
    [["run", "cancel", id, "--reason", "asked for"]],
    [["revenue", "--from", "2030-01-31", "--tenant", id]],
    [["actions", "--limit", "5"]],
  ])("takes %j", async (args: string[]) => {
    expect(await parse(args)).toMatchObject({ performed: 1, exitCode: undefined, err: "" });
  });

  it.each([
    [
      ["key", "create", "--tenant", id, "--scopes", "wizard"],
      '--scopes must be of submit, read, admin, with commas between (it is "wizard")',
    ],
    [["key", "create", "--tenant", id, "--mode", "both"], '--mode must be one of live, test (it is "both")'],
    [
      ["plan", "define", "x", "--packs", ""],
      `--packs must be of ${[...catalog.keys()].join(", ")}, with commas between`,
    ],
    [["tenant", "create", "--name", " "], "--name must not be empty"],
    [
      ["tenant", "create", "--name", "x".repeat(201)],
      `--name must be at most 200 characters long (it is "${"x".repeat(40)}…")`,
    ],
    [
      ["grant", "--tenant", id, "--usd", "5", "--id", "a' is\n"],
      String.raw`--id must be 1 to 200 printable ASCII characters (it is "a' is\n")`,
    ],
    [["balance", ""], "<tenant> must be a UUID"],
    [["switch", "set", "off", "--reason", "x"], '<mode> must be one of normal, read-only, halt (it is "off")'],
    [["balance"], "missing tenant: give <tenant> or --tenant"],
    [["nonsense"], "unknown command 'nonsense'"],
  ])("complains of %j in a sentence", async (args: string[], sentence: string) => {
    expect((await parse(args)).err).toBe(`error: ${sentence}\n`);
  });

  it.each([
    [[], "npm run -s dpp -- ... --json"],
    [["switch", "set"], "read-only  new runs are refused"],
    [["switch", "set"], "halt       submits, cancels"],
  ])("helps with %j: %s", async (args: string[], line: string) => {
    expect((await parse([...args, "--help"])).out).toContain(line);
  });
});
