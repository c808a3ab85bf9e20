import { CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { createProgram } from "../../backend/cli/program.ts";

const id = "018f4c1e-7b6a-7cc0-9d2e-3f5a6b7c8d9e";

interface Parsed {
  readonly performed: number;
  readonly exitCode: number | undefined;
  readonly err: string;
}

async function parse(args: readonly string[]): Promise<Parsed> {
  let performed = 0;
  let err = "";
  const perform = async (): Promise<void> => void (performed += 1);
  const program = createProgram(perform, { writeErr: (text) => (err += text), writeOut: () => undefined });
  try {
    await program.parseAsync(args, { from: "user" });
    return { performed, exitCode: undefined, err };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { performed, exitCode: error.exitCode, err };
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
    [["plan", "set", "not-a-uuid", "cli"]],
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
    [["balance", "--tenant", `${id}0`]],
    [["run", "show", id, "more"]],
    [["switch", "set", "off"]],
  ])("refuses %j and says why", async (args: string[]) => {
    const { performed, exitCode, err } = await parse(args);
    expect({ performed, exitCode }).toEqual({ performed: 0, exitCode: 1 });
    expect(err).toMatch(/error: |Usage: /);
  });

  it.each([
    [["tenant", "create", "--name", " Ada "]],
    [["plan", "define", "pro-2", "--max-cost-usd", "0.005", "--packs", "url, decision"]],
    [["plan", "set", id.toUpperCase(), "pro"]],
    [["key", "create", "--tenant", id, "--scopes", "read,submit,read", "--expires", "2030-01-31T00:00:00+02:00"]],
    [["key", "rotate", id, "--grace-seconds", "0"]],
    [["grant", "--tenant", id, "--usd", "0.000001", "--id", "invoice 7"]],
    [["switch", "set", "halt", "--json"]],
  ])("takes %j", async (args: string[]) => {
    expect(await parse(args)).toEqual({ performed: 1, exitCode: undefined, err: "" });
  });
});
