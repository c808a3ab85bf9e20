import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import {
  type Command,
  deploy,
  deploySteps,
  keptProgress,
  parseWish,
  rollbackSteps,
  runCommand,
  type Wish,
} from "../../backend/deploy/deploy.ts";

const dir = mkdtempSync(join(tmpdir(), "dpp-steps-"));
afterEach(() => rmSync(join(dir, "progress"), { force: true }));

function wishOf(...args: readonly string[]): Wish {
  const wish = parseWish(args);
  if (wish === "help") throw new Error("help is no deployment");
  return wish;
}

/** Runs a wish; commands that contain `broken` fail. Returns what was run, and what came of it. */
async function play(args: readonly string[], broken?: string, commit = "commit-1") {
  const ran: string[] = [];
  const printed: string[] = [];
  const isDone = await deploy(wishOf(...args), {
    run: async (command: Command) => {
      ran.push(command.join(" "));
      return broken !== undefined && command.join(" ").includes(broken) ? 3 : 0;
    },
    print: (line) => printed.push(line),
    done: keptProgress(join(dir, "progress"), commit),
  });
  return { ran, printed, isDone };
}

const linesOf = (steps: ReturnType<typeof deploySteps>) =>
  steps.flatMap(({ commands }) => commands.map((command) => command.join(" ")));

describe("a deployment", () => {
  test("examines, migrates, then replaces backend and edge, and buys a run at the end", async () => {
    expect(deploySteps("staging").map(({ name }) => name)).toEqual(
      "ground doctor migrate backend edge smoke".split(" "),
    );
    const { ran, isDone } = await play(["staging"]);
    expect(isDone).toBe(true);
    expect(ran).toEqual(linesOf(deploySteps("staging")));
  });

  test("touches one environment alone", () => {
    const lines = linesOf([...deploySteps("staging"), ...rollbackSteps("staging")]);
    expect(lines.filter((line) => line.includes("production") || line.endsWith("=decisionproof"))).toEqual([]);
  });

  test("stops at a step that fails, and continues there the next time", async () => {
    const first = await play(["production"], "rollout status deployment/worker");
    expect(first.isDone).toBe(false);
    expect(first.ran.at(-1)).toContain("rollout status deployment/worker");
    const second = await play(["production"]);
    expect(second.isDone).toBe(true);
    expect(second.ran[0]).toContain("-l stage=backend");
    const third = await play(["production"]);
    expect(third.ran).toEqual(linesOf(deploySteps("production")));
  });

  test("begins with the first step for another commit, or when it is told to", async () => {
    await play(["staging"], "deploy:edge");
    expect((await play(["staging"], "kubectl", "commit-2")).ran).toHaveLength(1);
    await play(["staging"], "deploy:edge");
    expect((await play(["staging", "--restart"])).ran).toEqual(linesOf(deploySteps("staging")));
  });

  test("leaves out what is skipped", async () => {
    const { ran } = await play(["staging", "--skip", "doctor", "--skip", "edge"]);
    expect(ran.filter((line) => line.includes("doctor") || line.includes("deploy:edge"))).toEqual([]);
    expect(ran.length).toBeGreaterThan(5);
  });

  test("prints every command and runs none when it is dry", async () => {
    const { ran, printed, isDone } = await play(["production", "--dry-run"]);
    expect({ ran, isDone }).toEqual({ ran: [], isDone: true });
    for (const line of linesOf(deploySteps("production"))) expect(printed.join("\n")).toContain(line);
  });

  test("is rolled back edge first, without touching the schema", async () => {
    const { ran } = await play(["production", "--rollback"]);
    expect(ran[0]).toContain("wrangler rollback");
    expect(ran.join("\n")).not.toContain("migrate");
    expect(ran.at(-1)).toContain("smoke");
  });

  test("names everything that is wrong with its arguments", () => {
    expect(() => parseWish(["elsewhere", "staging", "--skip", "lunch"])).toThrow(
      /name staging or production; one environment, not 2; no step lunch/,
    );
    expect(() => parseWish(["staging", "--fast"])).toThrow(/--fast/);
    expect(() => parseWish(["staging", "--rollback", "--skip", "migrate"])).toThrow(/no step migrate/);
    expect(parseWish(["--help"])).toBe("help");
  });
});

test("a command that cannot be started has failed", async () => {
  expect(await runCommand([join(dir, "no-such-program")])).toBe(127);
  expect(await runCommand([process.execPath, "-e", "process.exit(4)"])).toBe(4);
});
