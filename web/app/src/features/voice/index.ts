/** Push to talk, and captions. */
import { html, nothing, type TemplateResult } from 'lit';
import { register, type Control } from '../../call/feature.js';
import { session } from '../../call/session.js';
import { talk } from '../../call/talk.js';
import { choiceChanges, choices, choose } from '../../choices.js';
import { store } from '../../store.js';
import { recognitionOf } from './captions.js';
import { allowElsewhere, beginCaptions, showCaptions, spokenLanguage, startCaptions, stopCaptions, voice } from './state.js';
import { t } from './texts.js';

const languages = ['en-US', 'en-GB', 'ru-RU', 'de-DE', 'es-ES', 'fr-FR', 'it-IT', 'pt-BR', 'uk-UA', 'pl-PL', 'tr-TR', 'zh-CN', 'ja-JP', 'ko-KR'];

const troubleWords = {
  'not-allowed': 'captions.not-allowed', network: 'captions.network', language: 'captions.trouble.language', failed: 'captions.failed',
} as const;

let pushed = choices().pushToTalk;
choiceChanges.subscribe(() => {
  const { pushToTalk } = choices();
  if (pushToTalk === pushed) return;
  pushed = pushToTalk;
  talk.end();
  if (pushToTalk) session.media?.setMuted(true);
});

function controls(): Control[] {
  const { captions } = choices();
  const all: Control[] = [];
  if (choices().pushToTalk) {
    all.push({
      name: 'talk', icon: 'talk', label: t('talk.hold'), key: t('talk.key'), pressed: talk.on, act: () => undefined,
      hold: (down) => (down ? talk.begin() : talk.end()),
    });
  }
  if (captions || voice.value.captions !== 'off') {
    all.push({ name: 'captions', icon: 'captions', label: t('captions.show'), key: 'T', look: 'wide-only', pressed: captions, act: () => showCaptions(!captions) });
  }
  return all;
}

function renderSettings(): TemplateResult {
  const { captions, place, trouble } = voice.value;
  const on = captions !== 'off';
  return html`<label class="setting-switch"><span>${t('captions.show')}</span>
      <input type="checkbox" role="switch" name="captions-show" .checked=${choices().captions} @change=${(event: Event) => showCaptions((event.target as HTMLInputElement).checked)}></label>
    ${recognitionOf() === null ? html`<p class="setting-note" data-captions="none">${t('captions.none')}</p>` : html`
    <label class="setting-switch"><span>${t('captions.mine')}<small>${t('captions.mine.text')}</small></span>
      <input type="checkbox" role="switch" name="captions-mine" .checked=${on} @change=${() => (on ? stopCaptions() : void startCaptions())}></label>
    <div><label class="field-label" for="spoken">${t('captions.language')}</label>
      <span class="select plain"><select id="spoken" name="spoken" ?disabled=${on} @change=${(event: Event) => choose({ spoken: (event.target as HTMLSelectElement).value })}>
        ${[...new Set([spokenLanguage(), ...languages])].map((tag) => html`<option value=${tag} .selected=${tag === spokenLanguage()} lang=${tag}>${languageName(tag)}</option>`)}</select></span></div>
    <div role="status" data-captions=${captions}>
      ${place === 'here' && captions === 'on' ? html`<p class="setting-note">${t('captions.here')}</p>` : nothing}
      ${captions === 'preparing' ? html`<p class="setting-note">${t('captions.preparing')}</p>` : nothing}
      ${captions === 'asking' ? html`<p class="captions-ask">${t('captions.elsewhere')}</p>
        <div class="captions-answers"><button class="button primary small" type="button" data-action="captions-agree" @click=${allowElsewhere}>${t('captions.agree')}</button>
        <button class="button small" type="button" @click=${stopCaptions}>${t('captions.cancel')}</button></div>` : nothing}
      ${trouble ? html`<p class="setting-note">${t(troubleWords[trouble])}</p>` : nothing}</div>`}`;
}

/** In that language itself. */
function languageName(tag: string): string {
  return new Intl.DisplayNames(tag, { type: 'language' }).of(tag) ?? tag;
}

function renderLines(): TemplateResult | null {
  const { lines } = voice.value;
  if (!choices().captions || lines.length === 0) return null;
  const nameOf = (from: string): string => (from === 'self' ? t('captions.you') : store.state.peers.find((peer) => peer.id === from)?.name || t('captions.guest'));
  // Not a live region: who hears the voices needs no second one over them.
  return html`<div class="captions">${lines.map(({ from, text }) => html`<p><b>${nameOf(from)}</b> <span>${text}</span></p>`)}</div>`;
}

register({
  order: 30,
  watches: [voice, talk, choiceChanges],
  begin: beginCaptions,
  controls,
  overlay: renderLines,
  settings: () => [{ name: 'captions', title: t('captions.title'), render: renderSettings }],
  menu: () => [{ icon: 'captions', label: t(choices().captions ? 'captions.hide' : 'captions.show'), key: 'T', act: () => showCaptions(!choices().captions) }],
  shortcuts: () => [{ keys: 'T', label: t('keys.captions'), act: () => showCaptions(!choices().captions) }],
});
