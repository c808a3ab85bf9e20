/** Elements that may hold shapes. */
const GROUPS = ["svg", "g", "mask", "clipPath", "defs"];
const ABOUT = ["dc:title", "dc:creator", "dc:source", "dc:rights", "dcterms:license"];

/** What an element may stand in; "" is the document itself. None of these runs, loads or links anything. */
export const ELEMENTS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    svg: [""],
    title: ["svg"],
    desc: ["svg"],
    metadata: ["svg"],
    "rdf:RDF": ["metadata"],
    "rdf:Description": ["rdf:RDF"],
    ...Object.fromEntries(ABOUT.map((name) => [name, ["rdf:Description"]])),
    ...Object.fromEntries(
      ["g", "mask", "defs", "use", "path", "rect", "circle", "ellipse"].map((name) => [name, GROUPS]),
    ),
    clipPath: ["defs"],
    linearGradient: ["defs"],
    stop: ["linearGradient"],
  }).map(([name, parents]) => [name, new Set(parents)]),
);

/** The only elements with text. */
export const TEXT_ELEMENTS: ReadonlySet<string> = new Set(["title", "desc", ...ABOUT]);

/** Attributes with fixed values, by element and name: namespaces are names here, and nothing is fetched from them. */
export const LITERAL_ATTRIBUTES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    "svg xmlns": ["http://www.w3.org/2000/svg"],
    "svg role": ["img"],
    "svg shape-rendering": ["auto", "crispEdges"],
    "metadata xmlns:rdf": ["http://www.w3.org/1999/02/22-rdf-syntax-ns#"],
    "metadata xmlns:xsi": ["http://www.w3.org/2001/XMLSchema-instance"],
    "metadata xmlns:dc": ["http://purl.org/dc/elements/1.1/"],
    "metadata xmlns:dcterms": ["http://purl.org/dc/terms/"],
    "dc:source xsi:type": ["dcterms:URI"],
    "dcterms:license xsi:type": ["dcterms:URI"],
  }),
);

const LOCAL_URL = /^url\(#([\w-]+)\)$/;
const LOCAL_HREF = /^#([\w-]+)$/;

/** The attributes that may refer, and the only form of their references: into the same document. */
export const REFERENCES: ReadonlyMap<string, RegExp> = new Map([
  ...["mask", "clip-path", "fill", "stroke"].map((name) => [name, LOCAL_URL] as const),
  ["href", LOCAL_HREF],
]);

const NUMBER = /^-?(?:\d+(?:\.\d+)?|\.\d+)$/;
const PAINT = /^(?:none|[a-z]{3,20}|#[0-9a-f]{3,8}|url\(#[\w-]+\))$/i;
const RULE = /^(?:evenodd|nonzero)$/;
const NUMBERS = ["width", "height", "x", "y", "cx", "cy", "r", "rx", "ry", "x1", "y1", "x2", "y2", "offset"];
const STRENGTHS = ["opacity", "fill-opacity", "stroke-opacity", "stop-opacity", "stroke-width", "stroke-miterlimit"];

/** Every other attribute, alone or after its element, by the whole of the values it may have. */
export const ATTRIBUTES: ReadonlyMap<string, RegExp> = new Map([
  ...[...NUMBERS, ...STRENGTHS].map((name) => [name, NUMBER] as const),
  ...["fill", "stroke", "stop-color"].map((name) => [name, PAINT] as const),
  ...["fill-rule", "clip-rule"].map((name) => [name, RULE] as const),
  ["id", /^[\w-]+$/],
  ["svg aria-label", /^[^<>"]+$/],
  ["use href", LOCAL_HREF],
  ["use color", /^#[0-9a-f]{3,8}$/i],
  ["viewBox", /^0 0 [\d.]+ [\d.]+$/],
  ["d", /^[MmZzLlHhVvCcSsQqTtAa\d\s.,eE+-]+$/],
  ["transform", /^(?:(?:translate|scale|rotate|matrix)\([\d\s.,e+-]+\) ?)+$/],
  ["mask", LOCAL_URL],
  ["clip-path", LOCAL_URL],
  ["gradientUnits", /^userSpaceOnUse$/],
  ["stroke-linecap", /^(?:butt|round|square)$/],
  ["stroke-linejoin", /^(?:miter|round|bevel)$/],
  [
    "style",
    /^(?:mask-type:(?:alpha|luminance)|mix-blend-mode:(?:multiply|overlay|difference|lighten|hard-light|soft-light))$/,
  ],
]);
