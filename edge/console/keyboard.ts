import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import { go, hrefOf } from "./router.tsx";

export const SHORTCUTS: readonly (readonly [keys: string, what: string])[] = [
  ["/", "Go to the filters"],
  ["n", "New run"],
  ["g o", "Overview"],
  ["g r", "Runs"],
  ["g l", "Ledger"],
  ["g k", "API keys"],
  ["g w", "Webhooks"],
  ["g s", "Settings"],
  ["?", "This list"],
];
const GOES: Readonly<Record<string, string>> = {
  o: "",
  r: "runs",
  l: "ledger",
  k: "keys",
  w: "webhooks",
  s: "settings",
};
/** How long after `g` the second key may come. */
const CHORD_MS = 1_200;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName));

interface ShortcutOptions {
  /** Where the key after `g` goes; "" is the first page. */
  readonly goes?: Readonly<Record<string, string>>;
  /** What `n` opens, if anything. */
  readonly create?: string | undefined;
  readonly onHelp: () => void;
  readonly main: RefObject<HTMLElement>;
}

/** Single keys, which do nothing while something is typed, or a dialog is open. */
export function useShortcuts({ onHelp, main, goes = GOES, create }: ShortcutOptions): void {
  useEffect(() => {
    let chordUntil = 0;
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector("dialog[open]") !== null) return;
      const isSecond = event.timeStamp < chordUntil;
      chordUntil = 0;
      const goal = isSecond ? goes[event.key] : undefined;
      if (goal !== undefined) return go(hrefOf(goal === "" ? [] : [goal]));
      if (event.key === "g") chordUntil = event.timeStamp + CHORD_MS;
      else if (event.key === "n" && create !== undefined) go(hrefOf([create]));
      else if (event.key === "?") onHelp();
      else if (event.key === "/") {
        const first = main.current?.querySelector<HTMLElement>("[data-filter]");
        if (first === null || first === undefined) return;
        event.preventDefault();
        first.focus();
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}
