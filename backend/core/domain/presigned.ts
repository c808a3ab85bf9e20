/** The Content-Disposition that a download has in the place of the stored one, which says what only the owner may read. */
export const attachmentOf = (file_name: string): string => `attachment; filename="${file_name}"`;

/** A URL that was signed with a query: a space is `%20`, as it was signed, for some stores take a `+` for itself. */
export function presignedUrl(signed: string): string {
  const [address = "", query = ""] = signed.split("?");
  return `${address}?${query.replaceAll("+", "%20")}`;
}
