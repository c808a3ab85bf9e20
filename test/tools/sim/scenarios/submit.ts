import { sha256Hex } from "#core/domain/hash.ts";
import { tenantKeys } from "#core/store/redis/keys.ts";
import { micros } from "#core/domain/money.ts";
import { Problem } from "#core/domain/problem.ts";
import { type Intent, payloadOf, pursue, requestOf, spy } from "../actors/client.ts";
import { closeShop, createAccount, revoke } from "../actors/tenants.ts";
import { firstTimes, type Scenario } from "./stage.ts";

/** What clients and operators do, and what each must be told. */
export const SUBMIT_SCENARIOS: readonly Scenario[] = [
  {
    // Another run has the money when the client comes back; when that one has ended, the statement arrives.
    name: "a submit that comes a minute late binds nothing after its client was refused",
    funds: 60_000,
    plan: () => firstTimes("edge", "submit-run", [{ fault: "late", ms: 60_000 }]),
    play: async ({ world, edge, intent, expect, wait, act }) => {
      const late = pursue(world, intent("latecomer", { reserve: 30_000 }), () => edge, wait);
      await wait(12_000);
      await act(() => world.stores.redis.flush());
      void pursue(world, intent("the-other", { reserve: 60_000, ms: 20_000 }), () => edge, wait);
      expect("the latecomer", (await late).refused ?? "a run", "budget-exceeded");
      await wait(100_000);
      if (world.snapshot.runs.some((run) => run.idempotency_key === "latecomer"))
        world.violate("4: it was refused, and then it was bound");
    },
  },
  {
    name: "a run that exists is found when its money is all that there was, and no hint of it is left",
    funds: 60_000,
    play: async ({ world, account, edge, intent, ask, expect, wait, act }) => {
      const mine = intent("all-of-it-1", { reserve: 60_000, ms: 60_000 });
      const first = await ask(mine);
      await act(() => world.stores.redis.flush());
      // Loads the mirror as Postgres has it: no money, and nothing of the key.
      await edge.read({ key_sha256: account.key_sha256, address: "192.0.2.1" }, first.slice(4));
      expect("the same again", await ask(mine), first);
      expect("another", await ask(intent("all-of-it-2")), "budget-exceeded");
      await wait(1_000);
    },
  },
  ...["with a hint of it", "without a hint of it", "without Redis"].map((circumstance): Scenario => ({
    name: `a run is found after its price rose above its cap, and a new one is refused, ${circumstance}`,
    funds: 100_000,
    play: async ({ world, account, edge, intent, ask, expect, act }) => {
      const mine = intent("before-the-rise");
      const run = await ask(mine);
      if (circumstance === "without a hint of it") await act(() => world.stores.redis.flush());
      if (circumstance === "without Redis") world.network.down.add("redis");
      const risen = { least: micros(20_001), most: micros(20_001) };
      const askAtTheNewPrice = async (wish: Intent) => {
        const caller = { key_sha256: account.key_sha256, address: "192.0.2.1" };
        const heard = await edge.submit(caller, { ...requestOf(wish), price: risen });
        const verdict = heard.kind === "answered" ? heard.answer.verdict : undefined;
        return verdict instanceof Problem ? verdict.slug : `run ${verdict?.run.run_id}`;
      };
      expect("the same again", await askAtTheNewPrice(mine), run);
      expect("another body", await askAtTheNewPrice(intent("before-the-rise", { units: 2 })), "idempotency-conflict");
      expect("a new one", await askAtTheNewPrice(intent("after-the-rise")), "max-cost-below-price");
      world.network.down.clear();
      if (world.snapshot.runs.length !== 1) world.violate("2: a run was sold below its price");
    },
  })),
  {
    name: "a hint that nothing stands behind denies nobody",
    funds: 100_000,
    play: async ({ world, account, intent, ask, expect, act }) => {
      const poison = intent("poisoned-key", { units: 2 });
      await ask(intent("warm-the-mirror"));
      const hint = tenantKeys(account.tenant_id).hint(sha256Hex(poison.idempotency_key));
      const value = `${account.key_id}:${payloadOf(poison)}`;
      await act(() => world.stores.redis.set(hint, value, 86_400_000, world.scheduler.now()));
      const said = await ask(intent("poisoned-key", { units: 3 }));
      if (!said.startsWith("run ")) world.violate(`4: a key that binds nothing was refused: ${said}`);
      expect("the first body, now", await ask(poison), "idempotency-conflict");
    },
  },
  ...["rewound", "down"].map((redis): Scenario => ({
    name: `a revoked key is dead when Redis is ${redis}`,
    funds: 100_000,
    play: async ({ world, account, intent, ask, expect, wait, act }) => {
      await ask(intent("before-revocation"));
      await wait(2_000);
      await revoke(world, account);
      if (redis === "down") world.network.down.add("redis");
      else await act(() => world.stores.redis.rewind(1));
      expect("after the revocation", await ask(intent("after-revocation")), "unauthorized");
      world.network.down.clear();
    },
  })),
  {
    name: "a switch at read-only refuses what is new, and finds what is there; at halt it refuses all",
    funds: 200_000,
    play: async ({ world, account, intent, ask, expect, wait }) => {
      const old = intent("before-the-switch");
      const run = await ask(old);
      await closeShop(world, account, "read-only", 20_000);
      expect("what is there", await ask(old), run);
      expect("what is new", await ask(intent("while-read-only")), "read-only");
      await wait(30_000);
      await closeShop(world, account, "halt", 20_000);
      expect("what is there, at halt", await ask(old), "read-only");
      expect("what is new, at halt", await ask(intent("while-at-halt")), "read-only");
      await wait(30_000);
    },
  },
  {
    name: "a stranger neither sees a run nor cancels it",
    funds: 100_000,
    play: async ({ world, edge, intent, ask, wait, act }) => {
      const run = await ask(intent("somebody-elses", { ms: 30_000 }));
      const wishes = { funds: 10_000, max_open_runs: 5, spending_cap: undefined };
      const stranger = await act(() => createAccount(world, wishes));
      await spy(world, stranger, run.slice(4), () => edge);
      await wait(40_000);
      if (world.snapshot.runs.some((each) => each.status !== "COMPLETED")) world.violate("6: a stranger ended a run");
    },
  },
];
