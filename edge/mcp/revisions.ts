/** The revision without sessions or handshake; those before it open with `initialize`. */
export const MODERN = "2026-07-28";
export type Era = "modern" | "legacy";

/** What a revision has. What it does not know is left out of answers: strict clients refuse it. */
export interface Features {
  readonly era: Era;
  /** Several messages in one array. The revision 2024-11-05 takes the JSON-RPC of the transport that it is sent over. */
  readonly batches: boolean;
  /** Hints about tools. */
  readonly annotations: boolean;
  /** Titles, output schemas, structured content and resource links. */
  readonly structure: boolean;
  readonly tasks: boolean;
}

/** Newest first. */
const REVISIONS = {
  [MODERN]: { era: "modern", batches: false, annotations: true, structure: true, tasks: true },
  "2025-11-25": { era: "legacy", batches: false, annotations: true, structure: true, tasks: true },
  "2025-06-18": { era: "legacy", batches: false, annotations: true, structure: true, tasks: false },
  "2025-03-26": { era: "legacy", batches: true, annotations: true, structure: false, tasks: false },
  "2024-11-05": { era: "legacy", batches: true, annotations: false, structure: false, tasks: false },
} as const satisfies Readonly<Record<string, Features>>;

export type Revision = keyof typeof REVISIONS;
export const VERSIONS = Object.keys(REVISIONS) as readonly Revision[];
/** What `initialize` is answered with where the client asks for a revision that is not spoken. */
const NEWEST_LEGACY: Revision = "2025-11-25";
/** What a request without the header speaks: the revisions before 2025-06-18 have none. */
export const WITHOUT_HEADER: Revision = "2025-03-26";

export const isRevision = (version: string): version is Revision => Object.hasOwn(REVISIONS, version);

export const featuresOf = (revision: Revision): Features => REVISIONS[revision];

/** The revision that `initialize` agrees on. */
export const agreedRevision = (asked: string): Revision =>
  isRevision(asked) && featuresOf(asked).era === "legacy" ? asked : NEWEST_LEGACY;
