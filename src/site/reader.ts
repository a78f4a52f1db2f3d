/** The manual for people: the Markdown that programs get, as the middle of a page. */
import { Marked, type Tokens } from 'marked';

export interface Reading {
  /** HTML, too. */
  readonly title: string;
  readonly html: string;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** The place of a heading in its page, as GitHub and editors name it: links in the manual are written for those, too. */
const placeOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');

/** The words of a heading without its marks. */
const plain = (tokens: readonly Tokens.Generic[]): string =>
  tokens.map((token) => (token.tokens ? plain(token.tokens) : String(token['text'] ?? ''))).join('');

/** The form that is asked for by a link from page to page: that with the ending is the Markdown. */
const shown = (href: string): string => href.replace(/^([a-z0-9-]+)\.md(?=#|$)/, '$1');

const cellOf = ({ header, align }: Tokens.TableCell, html: string): string => {
  const tag = header ? 'th' : 'td';
  return `<${tag}${align === 'right' ? ' class="number"' : ''}>${html}</${tag}>`;
};

/** A page of so many parts begins with a list of them. */
const LONG = 6;

/**
 * Writes a page of the manual as HTML. What scrolls sideways can be reached with the keyboard; markup in the Markdown is shown as text.
 * @param markdown one of our own documents
 */
export const read = (markdown: string): Reading => {
  const places = new Map<string, number>();
  const parts: string[] = [];
  let title = '';
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth }) {
        const words = plain(tokens);
        if (depth === 1 && title === '') title = words;
        const place = placeOf(words);
        const before = places.get(place) ?? 0;
        places.set(place, before + 1);
        const id = before === 0 ? place : `${place}-${before}`;
        const html = this.parser.parseInline(tokens);
        if (depth === 2) parts.push(`<li><a href="#${escaped(id)}">${escaped(words)}</a></li>`);
        return `<h${depth} id="${escaped(id)}">${html}</h${depth}>\n`;
      },
      code: ({ text }) => `<pre tabindex="0"><code>${escaped(text)}\n</code></pre>\n`,
      table(token) {
        const cells = (row: readonly Tokens.TableCell[]): string =>
          row.map((cell) => cellOf(cell, this.parser.parseInline(cell.tokens))).join('');
        const rows = token.rows.map((row) => `<tr>${cells(row)}</tr>\n`).join('');
        return `<div class="scroll" tabindex="0"><table>\n<thead><tr>${cells(token.header)}</tr></thead>\n<tbody>${rows}</tbody></table></div>\n`;
      },
      link({ href, tokens }) {
        return `<a href="${escaped(shown(href))}">${this.parser.parseInline(tokens)}</a>`;
      },
      // What is said to the writers of a page is not for its readers.
      html: ({ text }) => (/^\s*<!--[\s\S]*-->\s*$/.test(text) ? '' : escaped(text)),
    },
  });
  const html = marked.parse(markdown, { async: false });
  const contents = `<nav class="contents" aria-label="On this page"><ul>${parts.join('\n')}</ul></nav>\n`;
  return { title: escaped(title), html: parts.length < LONG ? html : html.replace('</h1>\n', (end) => end + contents) };
};
