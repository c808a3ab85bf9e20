import { bytes } from "../formats.ts";
import { Facts, Time } from "../parts.tsx";
import type { ResultProps } from "./result-parts.tsx";
import { type Block, blocksOf, hostOf } from "./segments.ts";

const MAX_BLOCKS = 400;
const MAX_LINKS = 500;
const isWeb = (address: string) => /^https?:\/\//.test(address);

const Outside = ({ href, children }: { href: string; children?: string }) =>
  isWeb(href) ? (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      <bdi>{children ?? href}</bdi>
    </a>
  ) : (
    <bdi>{children ?? href}</bdi>
  );

export function UrlResult({ output: { data } }: ResultProps<"url">) {
  return (
    <div class="stack">
      <div>
        <p class="big">{data.title ?? data.final_url}</p>
        <p class="muted">{[data.byline, data.site_name, data.language].filter(Boolean).join(" · ")}</p>
      </div>
      {data.needs_scripts && <p class="notice">The page shows nothing before its scripts run.</p>}
      {data.needs_ocr === true && <p class="notice">The PDF has no text, only pictures of pages.</p>}
      {data.format === "links" ? (
        <Links links={data.links} />
      ) : (
        <Reading text={data.format === "markdown" ? data.markdown : data.text} />
      )}
      <Facts
        of={[
          ["Address", <Outside href={data.final_url} />],
          ["Status", String(data.status)],
          ["Size", `${bytes(data.bytes)}, ${data.content_type}`],
          data.pages !== undefined && ["Pages", String(data.pages)],
          data.published_at !== null &&
            !Number.isNaN(Date.parse(data.published_at)) && ["Published", <Time of={data.published_at} />],
          ["SHA-256", <code>{data.sha256}</code>],
        ]}
      />
    </div>
  );
}

/** The texts are the page's own, and may say anything, backwards too: beside each stands where it leads. */
const Links = ({ links }: { links: readonly { readonly url: string; readonly text: string }[] }) => (
  <>
    <ul class="outside">
      {links.slice(0, MAX_LINKS).map(({ url, text }, index) => (
        <li key={index}>
          <Outside href={url}>{text || url}</Outside> <span class="muted small-text">{hostOf(url)}</span>
        </li>
      ))}
    </ul>
    {links.length > MAX_LINKS && <p class="muted">… download the result to see the rest.</p>}
  </>
);

function Reading({ text }: { text: string }) {
  const blocks = blocksOf(text);
  return (
    <div class="reading" role="region" aria-label="Text of the page" tabIndex={0}>
      {blocks.slice(0, MAX_BLOCKS).map((block, index) => (
        <One key={index} block={block} />
      ))}
      {blocks.length > MAX_BLOCKS && <p class="muted">… download the result to read the rest.</p>}
    </div>
  );
}

function One({ block: { kind, text } }: { block: Block }) {
  if (kind === "heading") return <h3>{text}</h3>;
  if (kind === "code") return <pre>{text}</pre>;
  return kind === "item" ? (
    <ul>
      <li>{text}</li>
    </ul>
  ) : (
    <p>{text}</p>
  );
}
