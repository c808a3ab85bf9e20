/** What the operations are about, in the document's order. */
export const TAGS = {
  runs: "Paid units of work.",
  receipts: "Signed proof of what a run was, gave and cost.",
  packs: "What can be bought.",
  budget: "The account's balance, reservations and charges.",
  usage: "Usage, and every transfer of money.",
  keys: "Create, rotate and revoke API keys.",
  webhooks: "Notifications of events.",
  mcp: "Buying work over the Model Context Protocol.",
  service: "Health and documentation; no API key needed.",
} as const;
export type Tag = keyof typeof TAGS;
