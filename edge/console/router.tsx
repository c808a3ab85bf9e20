import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { decodedPart } from "./formats.ts";

let base = "/console";
const listeners = new Set<() => void>();

export interface Place {
  /** Below /console: [] is the overview, ["runs", id] a run. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly href: string;
}

function placeOf(pathname: string, search: string): Place {
  const path = pathname.slice(base.length).split("/").filter(Boolean).map(decodedPart);
  return { path, query: new URLSearchParams(search), href: pathname + search };
}

/** Where the pages are, in a console that is not at /console. */
export function mountAt(path: string): void {
  base = path;
}

/** An address of the console; members without a value are left out. */
export function hrefOf(path: readonly string[], query: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => Boolean(pair[1]));
  const search = new URLSearchParams(given).toString();
  return ([base, ...path.map(encodeURIComponent)].join("/") || "/") + (search === "" ? "" : `?${search}`);
}

export function go(href: string, options: { readonly replace?: boolean } = {}): void {
  if (options.replace === true) history.replaceState(null, "", href);
  else history.pushState(null, "", href);
  for (const listener of listeners) listener();
}

export function usePlace(): Place {
  const [place, setPlace] = useState(() => placeOf(location.pathname, location.search));
  useEffect(() => {
    const update = () => setPlace(placeOf(location.pathname, location.search));
    listeners.add(update);
    addEventListener("popstate", update);
    return () => {
      listeners.delete(update);
      removeEventListener("popstate", update);
    };
  }, []);
  return place;
}

interface LinkProps extends Omit<JSX.HTMLAttributes<HTMLAnchorElement>, "href"> {
  readonly href: string;
  readonly children?: ComponentChildren;
}

/** A link within the console. Modified clicks are the browser's. */
export function Link({ href, ...props }: LinkProps) {
  const onClick = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(href);
  };
  return <a href={href} onClick={onClick} {...props} />;
}
