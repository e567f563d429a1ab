import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defenderDeviceHref, fragmentHref, isHref } from '../../../src/web/href.ts';
import { attribute, html, preformatted, type TemplateValue } from '../../../src/web/html.ts';
import { tries } from '../../support/effort.ts';
import { HOSTILE, hostileText } from '../../support/sinks/hostile.ts';

describe('html', () => {
  it('escapes every value of a text and of an attribute', () => {
    expect(String(html`<b title="${'"><i>'}">${'<i>&'}</b>`)).toBe('<b title="&quot;&gt;&lt;i&gt;">&lt;i&gt;&amp;</b>');
    expect(String(html`<b>${'a\u202eb\nc'}</b>`)).toBe('<b>a\\u202eb\\u000ac</b>');
  });

  it('takes markup of its own, lists, and nothing', () => {
    expect(String(html`<p>${[html`<b>${1}</b>`, null, false, 'x']}</p>`)).toBe('<p><b>1</b>x</p>');
    expect(String(html`<p${attribute('id', 'a"b')}>${preformatted('a\n<b')}</p>`)).toBe(
      '<p id="a&quot;b">a\n&lt;b</p>',
    );
  });

  it('leaves no way out of its place, for any text', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const inText = String(html`<p>${text}</p>`);
        expect(inText.slice(3, -4)).not.toMatch(/[<>"'\p{Cc}]/u);
        const inLines = String(html`<pre>${preformatted(text)}</pre>`);
        expect(inLines.slice(5, -6)).not.toMatch(/[<>]|[^\P{Cc}\n]/u);
        expect(() => html`<p title="${preformatted(text)}"></p>`).toThrow(TypeError);
        const inAttribute = String(html`<p title="${text}"></p>`);
        expect(inAttribute.slice(10, -6)).not.toMatch(/[<>"'\p{Cc}]/u);
        for (const href of [fragmentHref(text), defenderDeviceHref(text)]) {
          expect(String(html`<a href="${href}">x</a>`)).toMatch(
            /^<a href="(#|https:\/\/security\.microsoft\.com\/)[^"<>]*">x<\/a>$/,
          );
        }
      }),
      { numRuns: tries(60, 5000) },
    );
  });

  it('throws where a value could act, whatever the value', () => {
    const text: TemplateValue = 'x';
    const throwing: (() => unknown)[] = [
      () => html`<${text}>`,
      () => html`<a href=${text}>`,
      () => html`<a ${text}>`,
      () => html`<a onclick="${text}">`,
      () => html`<a style="${text}">`,
      () => html`<a href='${text}'>`,
      () => html`<script>${text}</script>`,
      () => html`<style>${text}</style>`,
      () => html`<!-- ${text} -->`,
      () => html`<p title="${html`<b></b>`}">`,
      () => html`<p>${attribute('id', 'x')}</p>`,
      () => attribute('onclick', 'x'),
      () => attribute('href', 'x'),
    ];
    for (const template of throwing) expect(template, String(template)).toThrow(TypeError);
  });

  it('opens no address but its own pages and the portal', () => {
    for (const text of [
      ...HOSTILE,
      'javascript:alert(1)',
      '//evil.example',
      'https://evil.example',
      'data:text/html,x',
      '/x',
      'http:x',
      'x',
      'https://security.microsoft.com.evil.example/',
    ]) {
      expect(isHref(text), text.slice(0, 40)).toBe(false);
    }
    expect(() => html`<a href="${'javascript:alert(1)'}">`).toThrow(TypeError);
    expect(() => html`<img src="${'//evil.example'}">`).toThrow(TypeError);
  });
});
