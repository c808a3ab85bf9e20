import { elementsBelow, hasWord } from "./elements.ts";

const STYLE =
  /(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0(?:\.0*)?\s*(?:;|!|$)|font-size\s*:\s*0)/i;

/** To measure an element takes as long as all that is in it, and they may be in one another. */
const MOST_MEASURED = 2_000;

const textLength = (node: Node | null) => node?.textContent?.length ?? 0;

/**
 * Takes out what the page itself hides from its readers: instructions to machines are put there. Style sheets are not
 * read. `aria-hidden` counts unless it would hide most of the page, as behind a dialog.
 */
export function removeHidden(document: Document): void {
  const { body } = document;
  for (const element of elementsBelow(body)) {
    const hidden = element.getAttribute("hidden");
    const isHidden = (hidden !== null && hidden !== "until-found") || STYLE.test(element.getAttribute("style") ?? "");
    if (isHidden) element.remove();
  }
  const most = textLength(body) / 2;
  const unspoken = elementsBelow(body).filter((element) => hasWord(element, "aria-hidden", "true"));
  for (const element of unspoken.slice(0, MOST_MEASURED)) if (textLength(element) < most) element.remove();
}

/** Boxes that sites put into their articles. Whole words of a class name, in any writing. */
const BOX =
  /(?:^|[\s_-])(?:newsletter|read-?also|also-?read|see-?also-?box|related-?(?:articles?|posts?|stories|links)|share|sharing|social|addthis|sharedaddy|print-?(?:link|button)|author-?(?:box|bio)|about-?author|subscri(?:be|ption)|sign-?up|promo|cookie|paywall|advert(?:isement)?|sponsored)(?:$|[\s_-])/i;
const BOX_CHARS = 600;
const BOX_SHARE = 0.2;
const KEPT = /^(?:HTML|BODY|MAIN|ARTICLE|H[1-6]|PRE|CODE|TABLE|TBODY|THEAD|TR|TD|TH)$/;

/** Takes out what invites, shares or advertises: short, named as such, and no heading. */
export function removeBoxes(document: Document): void {
  const whole = textLength(document.body);
  let measured = 0;
  for (const element of elementsBelow(document.body)) {
    if (KEPT.test(element.tagName) || !BOX.test(element.getAttribute("class") ?? "")) continue;
    if (++measured > MOST_MEASURED) return;
    const length = textLength(element);
    if (length <= BOX_CHARS && length <= BOX_SHARE * whole) element.remove();
  }
}
