/** Says of a script that it touches the keys that it names and no others. Redis itself refuses the flag. */
const NAMED_KEYS_ONLY = "#!lua flags=allow-key-locking\n";

/**
 * How the server at `url` gets a script. Upstash holds its lock of the whole database for every script that does not say
 * that it needs the locks of its own keys alone: https://upstash.com/docs/redis/features/key-locking.
 */
export function scriptsFor(url: string): <Script extends { readonly lua: string }>(script: Script) => Script {
  if (!/(^|\.)upstash\.io$/.test(URL.parse(url)?.hostname ?? "")) return (script) => script;
  const known = new WeakMap<object, object>();
  return <Script extends { readonly lua: string }>(script: Script): Script => {
    const prefixed = (known.get(script) as Script | undefined) ?? { ...script, lua: `${NAMED_KEYS_ONLY}${script.lua}` };
    known.set(script, prefixed);
    return prefixed;
  };
}
