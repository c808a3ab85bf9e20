import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";

/** One program with its arguments. */
export type Command = readonly [program: string, ...args: string[]];
interface Step {
  readonly name: string;
  readonly commands: readonly Command[];
}

const ENVIRONMENTS = ["staging", "production"] as const;
type Environment = (typeof ENVIRONMENTS)[number];
const NAMESPACES: Readonly<Record<Environment, string>> = {
  staging: "decisionproof-staging",
  production: "decisionproof",
};

const kubectl = (environment: Environment, ...args: string[]): Command => [
  "kubectl",
  `--namespace=${NAMESPACES[environment]}`,
  ...args,
];
const overlay = (environment: Environment) => `backend/deploy/k8s/overlays/${environment}`;
const apply = (environment: Environment, stage: string): Command =>
  kubectl(environment, "apply", "-k", overlay(environment), "-l", `stage=${stage}`);

/** A Job cannot be changed: the last one goes first. Its log is shown however it ended. */
const job = (environment: Environment, name: string): readonly Command[] => [
  kubectl(environment, "delete", "job", name, "--ignore-not-found", "--wait"),
  apply(environment, name),
  kubectl(environment, "wait", "--for=jsonpath={.status.conditions[0].status}=True", `job/${name}`, "--timeout=960s"),
  kubectl(environment, "logs", `job/${name}`),
  kubectl(environment, "wait", "--for=condition=complete", `job/${name}`, "--timeout=30s"),
];
const rolledOut = (environment: Environment): readonly Command[] => [
  kubectl(environment, "rollout", "status", "deployment/reaper", "--timeout=600s"),
  kubectl(environment, "rollout", "status", "deployment/worker", "--timeout=600s"),
];
const smoke: Step = {
  name: "smoke",
  commands: [["node", "--import", "./backend/text-loader.ts", "backend/deploy/main.ts", "smoke"]],
};

/** What a release does, in an order in which each step works with what runs before and after it. */
export function deploySteps(environment: Environment): readonly Step[] {
  return [
    { name: "ground", commands: [apply(environment, "ground")] },
    { name: "doctor", commands: job(environment, "doctor") },
    { name: "migrate", commands: job(environment, "migrate") },
    { name: "backend", commands: [apply(environment, "backend"), ...rolledOut(environment)] },
    { name: "edge", commands: [["npm", "run", "deploy:edge", "--", "--env", environment]] },
    smoke,
  ];
}

/** The code of the release before, edge first; the schema stays, for migrations only add. */
export function rollbackSteps(environment: Environment): readonly Step[] {
  return [
    { name: "edge", commands: [["npx", "wrangler", "rollback", "--env", environment, "--yes"]] },
    {
      name: "backend",
      commands: [
        kubectl(environment, "rollout", "undo", "deployment/worker"),
        kubectl(environment, "rollout", "undo", "deployment/reaper"),
        ...rolledOut(environment),
      ],
    },
    smoke,
  ];
}

export interface Wish {
  readonly environment: Environment;
  readonly rollback: boolean;
  readonly dryRun: boolean;
  readonly restart: boolean;
  readonly skip: readonly string[];
}

export const USAGE = `usage: npm run deploy -- staging|production [--skip STEP]... [--restart] [--dry-run] [--rollback]

Deploys what is checked out: ground (namespace, policies, secrets, settings), doctor, migrate, backend, edge, smoke.
Where a step failed, the same command continues with that step, as long as the same commit is checked out.

  --skip STEP  leave a step out; may be given again. A first deployment skips doctor: there is nothing to examine yet
  --restart    begin with the first step
  --dry-run    print the commands and run none
  --rollback   put the release before back: edge, then backend, then smoke. Migrations stay

Needs kubectl with a context of the environment's cluster, wrangler's credentials, and DPP_SMOKE_URL with DPP_SMOKE_KEY.`;

/** What the arguments ask for. Throws an Error whose message names everything that is wrong with them. */
export function parseWish(args: readonly string[]): Wish | "help" {
  const flag = { type: "boolean", default: false } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      skip: { type: "string", multiple: true, default: [] },
      restart: flag,
      "dry-run": flag,
      rollback: flag,
      help: { ...flag, short: "h" },
    },
  });
  if (values.help) return "help";
  const environment = ENVIRONMENTS.find((name) => name === positionals[0]);
  const faults = environment === undefined ? [`name ${ENVIRONMENTS.join(" or ")}`] : [];
  if (positionals.length > 1) faults.push(`one environment, not ${positionals.length}`);
  const names = (values.rollback ? rollbackSteps : deploySteps)("staging").map(({ name }) => name);
  for (const name of values.skip) if (!names.includes(name)) faults.push(`no step ${name}: ${names.join(", ")}`);
  if (environment === undefined || faults.length > 0) throw new Error(faults.join("; "));
  return {
    environment,
    rollback: values.rollback,
    dryRun: values["dry-run"],
    restart: values.restart,
    skip: values.skip,
  };
}

export interface Shell {
  /** The exit code of a command. */
  readonly run: (command: Command) => Promise<number>;
  readonly print: (line: string) => void;
  /** The steps of this deployment that are done: kept until all are. */
  readonly done: { read(): readonly string[]; write(names: readonly string[]): void; clear(): void };
}

/** Runs the steps that are asked for and not yet done; false where one failed, which the next call continues with. */
export async function deploy(wish: Wish, { run, print, done }: Shell): Promise<boolean> {
  const steps = (wish.rollback ? rollbackSteps : deploySteps)(wish.environment);
  if (wish.restart && !wish.dryRun) done.clear();
  const before = wish.restart ? [] : done.read();
  const finished = [...before];
  for (const { name, commands } of steps) {
    if (wish.skip.includes(name)) print(`== ${name}: skipped`);
    else if (before.includes(name)) print(`== ${name}: done before`);
    else {
      print(`== ${name}`);
      for (const command of commands) {
        print(`   ${command.join(" ")}`);
        if (wish.dryRun) continue;
        const code = await run(command);
        if (code === 0) continue;
        print(`== ${name} failed with code ${code}; the same command continues here`);
        return false;
      }
      finished.push(name);
      if (!wish.dryRun) done.write(finished);
    }
  }
  if (!wish.dryRun) done.clear();
  return true;
}

/** What is done is kept in a file, for one commit and environment: another commit begins with the first step. */
export function keptProgress(file: string, key: string): Shell["done"] {
  const read = (): readonly string[] => {
    if (!existsSync(file)) return [];
    const [kept, ...names] = readFileSync(file, "utf8").trim().split("\n");
    return kept === key ? names : [];
  };
  return {
    read,
    write: (names) => {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `${[key, ...names].join("\n")}\n`);
    },
    clear: () => rmSync(file, { force: true }),
  };
}

/** Runs a command with this process's terminal. */
export async function runCommand([program, ...args]: Command): Promise<number> {
  const child = spawn(program, args, { stdio: "inherit" });
  const [code] = (await once(child, "exit").catch(() => [127])) as [number | null];
  return code ?? 1;
}
