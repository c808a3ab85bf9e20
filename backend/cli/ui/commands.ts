import { z } from "zod";

interface UiCommand {
  /** One at most, so that none can take another's place. */
  readonly positional?: readonly [] | readonly [name: string];
  readonly options?: readonly string[];
  readonly flags?: readonly string[];
  /** It changes something: the option that takes the reason, and whether it can be tried first. */
  readonly change?: { readonly why: "reason" | "note"; readonly dry_run: boolean };
}

const TRIED = { why: "reason", dry_run: true } as const;
const NOTED = { why: "note", dry_run: true } as const;
const AT_ONCE = { why: "reason", dry_run: false } as const;

/** The commands that the page may give. None answers with an API key: what makes keys is left to the terminal. */
const COMMANDS = {
  "tenant list": {},
  balance: { positional: ["tenant"] },
  "plan list": {},
  "pack list": {},
  "key list": { options: ["tenant"] },
  "credit list": { options: ["tenant", "limit"] },
  "run list": { options: ["tenant", "status", "limit", "before"] },
  "run show": { positional: ["run_id"] },
  revenue: { options: ["from", "to", "tenant"] },
  "findings list": { options: ["tenant"] },
  "dlq list": {},
  "switch show": {},
  "actions list": { options: ["limit", "before"] },
  grant: { options: ["tenant", "usd", "id"], change: TRIED },
  clawback: { options: ["tenant", "usd", "id"], change: TRIED },
  "tenant suspend": { positional: ["tenant"], change: TRIED },
  "tenant resume": { positional: ["tenant"], change: TRIED },
  "tenant close": { positional: ["tenant"], change: TRIED },
  "plan set": { options: ["tenant", "plan"], change: AT_ONCE },
  "key revoke": { positional: ["key_id"], change: TRIED },
  "run cancel": { positional: ["run_id"], change: TRIED },
  "run refund": { positional: ["run_id"], options: ["usd"], change: TRIED },
  "run decide": { positional: ["run_id"], options: ["charge"], change: NOTED },
  "findings resolve": { positional: ["finding"], change: NOTED },
  "dlq redrive": { positional: ["run_id"], flags: ["all"], change: AT_ONCE },
  "switch set": { positional: ["mode"], change: AT_ONCE },
} as const satisfies Readonly<Record<string, UiCommand>>;

export type UiCommandName = keyof typeof COMMANDS;
const NAMES = Object.keys(COMMANDS) as [UiCommandName, ...UiCommandName[]];

/** The values are the command line's to judge; here they only have an end. */
export const commandRequest = z.strictObject({
  command: z.enum(NAMES, "unknown operation"),
  arguments: z.record(z.string().max(40), z.string().min(1).max(2_000)).default({}),
  change: z
    .strictObject({ request_id: z.guid(), dry_run: z.boolean(), reason: z.string().trim().min(1).max(2_000) })
    .optional(),
});
export type CommandRequest = z.infer<typeof commandRequest>;

/** What the request says as a command line; a string is why it cannot be one. */
export function commandLine({ command, arguments: given, change }: CommandRequest): readonly string[] | string {
  const { positional = [], options = [], flags = [], change: kind }: UiCommand = COMMANDS[command];
  const unknown = Object.keys(given).filter((name) => ![...positional, ...options, ...flags].includes(name));
  if (unknown.length > 0) return `${command} takes no ${unknown.join(", ")}`;
  if (kind === undefined && change !== undefined) return `${command} changes nothing`;
  if (kind !== undefined && change === undefined) return `${command} needs a reason`;
  if (change?.dry_run === true && kind?.dry_run !== true) return `${command} cannot be tried first`;
  return [
    ...command.split(" "),
    ...options.flatMap((name) => (given[name] === undefined ? [] : [`--${name}=${given[name]}`])),
    ...flags.flatMap((name) => (given[name] === undefined ? [] : [`--${name}`])),
    ...(change === undefined || kind === undefined ? [] : [`--${kind.why}=${change.reason}`]),
    ...(change?.dry_run === true ? ["--dry-run"] : []),
    "--json",
    // What follows is no option, whatever it begins with.
    "--",
    ...positional.flatMap((name) => given[name] ?? []),
  ];
}
