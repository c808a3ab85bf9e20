import type { Command } from "commander";
import type { KeyMode } from "#core/domain/api-key.ts";
import type { Micros } from "#core/domain/money.ts";
import type { Scope } from "#core/domain/plan.ts";
import { displayName, expiry, graceSeconds, id, keyMode, perMinute, scopes, spendingCap } from "../arguments.ts";
import { createKeyFor } from "../operations/create-key.ts";
import { reportKeys } from "../operations/list-keys.ts";
import { revokeKeyForGood } from "../operations/revoke-key.ts";
import { rotateKeyWithGrace } from "../operations/rotate-key.ts";
import { action, type CommonOptions, type Perform } from "../perform.ts";

interface CreateOptions extends CommonOptions {
  readonly tenant: string;
  readonly name: string;
  readonly mode: KeyMode;
  readonly scopes: Scope[];
  readonly expires?: Date;
  readonly submitPerMinute?: number;
  readonly readPerMinute?: number;
  readonly spendingCapUsd?: Micros;
}

export function addKey(program: Command, perform: Perform): void {
  const key = program.command("key").description("API keys; each is shown once, when it is made");
  addCreate(key, perform);
  action(key, "rotate", "give a key its successor, and end the old one after a grace")
    .argument("<key_id>", "the key's id", id)
    .option("--grace-seconds <seconds>", "how long the old one still lives", graceSeconds, 86_400)
    .action((key_id: string, options: CommonOptions & { graceSeconds: number }) =>
      perform(options, (operator) => rotateKeyWithGrace(operator, key_id, options.graceSeconds)),
    );
  action(key, "revoke", "revoke a key at once; this cannot be undone")
    .argument("<key_id>", "the key's id", id)
    .action((key_id: string, options: CommonOptions) =>
      perform(options, (operator) => revokeKeyForGood(operator, key_id)),
    );
  action(key, "list", "show a tenant's keys")
    .requiredOption("--tenant <tenant>", "its id", id)
    .action((options: CommonOptions & { tenant: string }) =>
      perform(options, (operator) => reportKeys(operator, options.tenant)),
    );
}

function addCreate(key: Command, perform: Perform): void {
  action(key, "create", "create a key; it is printed this once")
    .requiredOption("--tenant <tenant>", "whose key it is", id)
    .option("--name <name>", "how people call it", displayName, "key")
    .option("--mode <mode>", "live or test", keyMode, "live")
    .option("--scopes <scopes>", "what it may do: submit, read, admin", scopes, ["submit", "read"])
    .option("--expires <time>", "when it ends, RFC 3339", expiry)
    .option("--submit-per-minute <count>", "a rate of its own below the plan's", perMinute)
    .option("--read-per-minute <count>", "a rate of its own below the plan's", perMinute)
    .option("--spending-cap-usd <amount>", "what it may ever spend", spendingCap)
    .action((options: CreateOptions) =>
      perform(options, (operator) =>
        createKeyFor(operator, {
          tenant_id: options.tenant,
          name: options.name,
          mode: options.mode,
          scopes: options.scopes,
          expires_at: options.expires,
          submit_per_minute: options.submitPerMinute,
          read_per_minute: options.readPerMinute,
          spending_cap: options.spendingCapUsd,
        }),
      ),
    );
}
