import { elementsBelow, hasWord, listed, named } from "./elements.ts";

const HIDDEN = /(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))/i;
const INVISIBLE = /(?:^|;)\s*opacity\s*:\s*(?:0|0?\.0+|0%)\s*(?:;|!|$)/i;
const NO_SIZE = /(?:^|;)\s*font-size\s*:\s*0(?:px|pt|em|rem|%)?\s*(?:;|!|$)/i;
/** What browsers do not show, or show no text of. */
const UNSEEN = new Set(
  "audio canvas datalist iframe noembed noframes object select svg template textarea video".split(" "),
);

/** To measure an element takes as long as all that is in it, and they may be in one another. */
const MOST_MEASURED = 2_000;

const textLength = (node: Node | null) => node?.textContent?.length ?? 0;

function isHidden(element: Element): boolean {
  const hidden = element.getAttribute("hidden");
  const style = element.getAttribute("style") ?? "";
  if (UNSEEN.has(element.localName) || (element.localName === "dialog" && !element.hasAttribute("open"))) return true;
  if ((hidden !== null && hidden !== "until-found") || HIDDEN.test(style)) return true;
  // A parent without size parts inline blocks, which have sizes of their own.
  return NO_SIZE.test(style) && element.firstElementChild === null;
}

/** Whether an element may be hidden for a moment only, until a dialog closes or a script fades it in. */
const mayBeHidden = (element: Element) =>
  hasWord(element, "aria-hidden", "true") || INVISIBLE.test(element.getAttribute("style") ?? "");

/**
 * Takes out what the page itself hides from its readers: instructions to machines are put there. Style sheets are not
 * read. What is most of a page stays where it may be hidden for a moment only.
 */
export function removeHidden(document: Document): void {
  const { body } = document;
  for (const element of elementsBelow(body)) {
    // MediaWiki hides the source of a formula beside its picture.
    const isFormula = element.parentElement?.matches(".mwe-math-element") === true;
    if (!isFormula && isHidden(element)) element.remove();
  }
  const most = textLength(body) / 2;
  for (const element of elementsBelow(body).filter(mayBeHidden).slice(0, MOST_MEASURED))
    if (textLength(element) < most) element.remove();
}

/** Boxes that sites put into their articles, by a word of their class, in any writing. */
const BOX =
  /(?:^|[\s_-])(?:newsletter|read-?also|also-?read|related-?(?:articles?|posts?|stories|links)|addthis|sharedaddy|print-?(?:link|button)|author-?(?:box|bio)|about-?author|sign-?up|(?:photo|image|img|picture|media|caption)[_-]{0,2}credits?|back-?to-?top)(?:$|[\s_-])/i;
/** Words that name contents too: those with something to press alone are boxes. */
const ACTION_BOX =
  /(?:^|\s)(?:(?:post|entry|article|social)[_-])?(?:share|sharing|social|subscribe|promo|cookie|paywall|advert|advertisement|sponsored)(?:$|[\s_-])/i;
const ACTIONS = new Set(["a", "button", "form", "input"]);
const BOX_CHARS = 600;
const BOX_SHARE = 0.2;
const KEPT = /^(?:HTML|BODY|MAIN|ARTICLE|H[1-6]|PRE|CODE|TABLE|TBODY|THEAD|TR|TD|TH)$/;
const CONTENTS = /^(?:LI|P|SPAN|DD|DT)$/;

/** How lines begin that lead to other articles, in some languages. */
const READ_ALSO =
  /^[\s>»→•|-]{0,5}(?:read (?:also|more|next)|also read|related(?: (?:article|story|reading))?|don['’]t miss|lire aussi|à lire aussi|lesen sie auch|mehr zum thema|lee también|lea también|leia também|leia mais|leggi anche|lees ook|czytaj także|читайте также|関連記事)\s{0,3}[:：–—-]/iu;
/** Lines that are no more than a button's name. */
const BUTTON =
  /^(?:share(?: this)?(?: article| page| post| story)?|print(?: this)?(?: article| page)?|advertisement|sponsored content|tweet this|skip to (?:main )?content|back to top)[:.]?$/i;
const LINES = new Set(["p", "div", "aside"]);
const LINE_CHARS = 250;
const MOST_LINES = 5_000;
const MOST_CHILDREN = 5;

/** Whether a block has no further blocks of its own, so that no text is measured again and again. */
const isLine = ({ localName, children }: Element): boolean =>
  LINES.has(localName) &&
  children.length <= MOST_CHILDREN &&
  !listed(children).some((child) => LINES.has(child.localName));

/** A line of furniture that no class names. */
function isFurniture(element: Element): boolean {
  const text = element.textContent ?? "";
  if (text.length > LINE_CHARS) return false;
  if (BUTTON.test(text.trim())) return true;
  const [lead = ""] = READ_ALSO.exec(text) ?? [];
  if (lead === "") return false;
  const linked = named(elementsBelow(element), "a").reduce((sum, link) => sum + textLength(link), 0);
  return linked > 0 && linked >= (text.trim().length - lead.length) / 2;
}

function isBox(element: Element): boolean {
  const name = element.getAttribute("class") ?? "";
  if (name === "" || KEPT.test(element.tagName)) return false;
  return BOX.test(name) || (ACTION_BOX.test(name) && !CONTENTS.test(element.tagName));
}

/** Takes out what invites, shares or advertises: short, named as such, and no heading. */
export function removeBoxes(document: Document): void {
  const whole = textLength(document.body);
  for (const box of elementsBelow(document.body).filter(isBox).slice(0, MOST_MEASURED)) {
    const length = textLength(box);
    if (length > BOX_CHARS || length > BOX_SHARE * whole) continue;
    const isNamed = BOX.test(box.getAttribute("class") ?? "");
    if (isNamed || elementsBelow(box).some(({ localName }) => ACTIONS.has(localName))) box.remove();
  }
  const lines = elementsBelow(document.body).filter(isLine).slice(0, MOST_LINES);
  for (const line of lines) if (isFurniture(line) && textLength(line) <= BOX_SHARE * whole) line.remove();
}
