import type { Command } from "commander";
import type { KeyMode } from "#core/domain/api-key.ts";
import type { Micros } from "#core/domain/money.ts";
import type { Scope } from "#core/domain/plan.ts";
import { displayName, expiry, graceSeconds, id, keyMode, perMinute, scopes, spendingCap } from "../arguments.ts";
import { createKeyFor } from "../operations/create-key.ts";
import { reportKeys } from "../operations/list-keys.ts";
import { revokeKeyForGood } from "../operations/revoke-key.ts";
import { rotateKeyWithGrace } from "../operations/rotate-key.ts";
import { action, change, type CommonOptions, type Perform } from "../perform.ts";

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
  const key = program.command("key").description("API keys; each is printed once, when it is created");
  addCreate(key, perform);
  change(key, "rotate", "create a key's successor; the old key expires after a grace period")
    .argument("<key_id>", "the key's id", id)
    .option("--grace-seconds <seconds>", "how long the old key stays valid", graceSeconds, 86_400)
    .action((key_id: string, options: CommonOptions & { graceSeconds: number }) =>
      perform(options, (operator) => rotateKeyWithGrace(operator, key_id, options.graceSeconds)),
    );
  change(key, "revoke", "revoke a key at once; this cannot be undone", { dry_run: true })
    .argument("<key_id>", "the key's id", id)
    .action((key_id: string, options: CommonOptions) =>
      perform(options, (operator) => revokeKeyForGood(operator, key_id)),
    );
  action(key, "list", "list a tenant's keys")
    .requiredOption("--tenant <tenant>", "the tenant's id", id)
    .action((options: CommonOptions & { tenant: string }) =>
      perform(options, (operator) => reportKeys(operator, options.tenant)),
    );
}

function addCreate(key: Command, perform: Perform): void {
  change(key, "create", "create a key and print it, this once")
    .requiredOption("--tenant <tenant>", "the tenant's id", id)
    .option("--name <name>", "a name for people", displayName, "key")
    .option("--mode <mode>", "live or test", keyMode, "live")
    .option("--scopes <scopes>", "submit, read or admin, separated by commas", scopes, ["submit", "read"])
    .option("--expires <time>", "when it expires, RFC 3339", expiry)
    .option("--submit-per-minute <count>", "a lower rate than the plan's", perMinute)
    .option("--read-per-minute <count>", "a lower rate than the plan's", perMinute)
    .option("--spending-cap-usd <amount>", "the most that it can spend in all", spendingCap)
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
