/** Bytes of a representation, both included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

const ONE_RANGE = /^bytes=(\d*)-(\d*)$/i;

/**
 * The part that a Range header asks for (RFC 9110, 14.2) of so many bytes; undefined: all of them, since there is no such
 * header, or one that is to be ignored: invalid, of another unit, or of several ranges.
 */
export function byteRange(header: string | undefined, size: number): ByteRange | "unsatisfiable" | undefined {
  const [, from = "", to = ""] = ONE_RANGE.exec(header?.trim() ?? "") ?? [];
  if (from === "") {
    if (to === "") return undefined;
    const count = Math.min(Number(to), size);
    return count === 0 ? "unsatisfiable" : { first: size - count, last: size - 1 };
  }
  const first = Number(from);
  const last = to === "" ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== "" && Number(to) < first) return undefined;
  return first >= size ? "unsatisfiable" : { first, last };
}

/** Whether an If-None-Match header (RFC 9110, 13.1.2) names this entity tag. */
export const namesTag = (header: string | undefined, etag: string): boolean =>
  (header ?? "").split(",").some((each) => {
    const tag = each.trim();
    return tag === "*" || tag.replace(/^W\//, "") === etag;
  });
