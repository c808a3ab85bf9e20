import { Outage, type StoreName } from "#core/domain/outage.ts";

/** The ports that something can stand between, by the names that every process gives them, and their stores. */
const PORTS: ReadonlyMap<string, StoreName | undefined> = new Map([
  ["db", "database"],
  ["redis", "redis"],
  ["objects", "s3"],
  ["queue", "sqs"],
  ["signals", "sqs"],
  ["sleeper", undefined],
]);

export type Through = <Deps extends object>(deps: Deps) => Deps;

/**
 * Stands between a process and its ports. A call is named by its statement, its script, or
 * else as in "objects.create".
 */
type Hook = (
  call: string,
  apply: () => Promise<unknown>,
  about: { readonly store: StoreName | undefined; readonly args: readonly unknown[] },
) => Promise<unknown>;

export const between =
  (hook: Hook): Through =>
  <Deps extends object>(deps: Deps) =>
    Object.fromEntries(
      Object.entries(deps).map(([port, target]: [string, object]) => {
        return [port, PORTS.has(port) ? intercept(port, target, hook) : target];
      }),
    ) as Deps;

function intercept(port: string, target: object, hook: Hook): object {
  const store = PORTS.get(port);
  return new Proxy(target, {
    get: (_, method) => {
      const real = Reflect.get(target, method) as unknown;
      if (typeof real !== "function") return real;
      return (...args: unknown[]) =>
        hook(nameOf(port, String(method), args), () => Reflect.apply(real, target, args), { store, args });
    },
  });
}

function nameOf(port: string, method: string, [first]: readonly unknown[]): string {
  return port === "db" || (port === "redis" && method === "run")
    ? (first as { name: string }).name
    : `${port}.${method}`;
}

/** The call gets no answer, this many times: it was lost on its way (`before`), or its reply was (`after`). */
export function losing(call: string, when: "before" | "after", times = 1): Through {
  let left = times;
  return between(async (name, apply, { store }) => {
    if (name !== call || left === 0 || store === undefined) return apply();
    left -= 1;
    if (when === "after") await apply();
    throw new Outage(store, new Error("no answer"));
  });
}

/** The process dies around a call: from then on nothing of it happens any more. */
export function dying(
  call: string,
  when: "before" | "after",
): { readonly through: Through; readonly died: Promise<void> } {
  const death = Promise.withResolvers<void>();
  const never = new Promise<never>(() => undefined);
  let dead = false;
  const through = between(async (name, apply) => {
    if (dead) return never;
    if (name !== call) return apply();
    if (when === "after") await apply();
    dead = true;
    death.resolve();
    return never;
  });
  return { through, died: death.promise };
}

/** All of these at once. */
export const both =
  (...faults: readonly Through[]): Through =>
  (deps) =>
    faults.reduce((wrapped, fault) => fault(wrapped), deps);
