/** Devices that look after themselves, their tests, and what can be chosen about sound and pictures. */
import { html, nothing, type TemplateResult } from 'lit';
import { register } from '../../call/feature.js';
import { session } from '../../call/session.js';
import { choiceChanges, choices } from '../../choices.js';
import { store } from '../../store.js';
import { icon } from '../../ui/icons.js';
import { renderScreen, renderSound, renderVideo } from './settings.js';
import { devicesState, watchDevices } from './state.js';
import { testMicrophone, testSpeaker } from './tests.js';
import { t } from './texts.js';

const speakerWords = { playing: 'test.speaker.playing', failed: 'test.speaker.failed' } as const;
const microphoneWords = { recording: 'test.microphone.recording', playing: 'test.microphone.playing', failed: 'test.microphone.failed' } as const;
const silenceWords = { never: 'silent.never', stopped: 'silent.stopped' } as const;

function renderTests(): TemplateResult {
  const { microphoneTest, speakerTest } = devicesState.value;
  const { microphone } = store.state.inputs;
  const words = speakerTest !== 'idle' ? t(speakerWords[speakerTest])
    : microphoneTest !== 'idle' ? t(microphoneWords[microphoneTest])
      : session.media?.track('microphone') || microphone.on ? t('test.private') : t('test.microphone.none');
  const busy = speakerTest === 'playing' || microphoneTest === 'recording' || microphoneTest === 'playing';
  return html`<div class="device-tests">
    <div class="device-test-buttons">
      <button class="button small" type="button" data-test="speaker" ?disabled=${busy} @click=${() => void testSpeaker()}>${icon('speaker')}${t('test.speaker')}</button>
      <button class="button small" type="button" data-test="microphone" ?disabled=${busy || !session.media?.track('microphone')}
        @click=${() => void testMicrophone()}>${icon('mic')}${t('test.microphone')}</button>
    </div>
    <p class="setting-note ${busy ? 'busy' : ''}" role="status" data-testing=${microphoneTest === 'idle' ? speakerTest : microphoneTest}>${words}</p>
  </div>`;
}

function troubles(): TemplateResult[] {
  const { silence, silenceSeen, talkingMuted, interrupted } = devicesState.value;
  const all: TemplateResult[] = [];
  if (interrupted.microphone) all.push(html`<p class="banner" data-banner="interrupted-microphone">${icon('mic-off')}<span>${t('interrupted.microphone')}</span></p>`);
  if (interrupted.camera) all.push(html`<p class="banner" data-banner="interrupted-camera">${icon('camera-off')}<span>${t('interrupted.camera')}</span></p>`);
  if (silence && !silenceSeen) {
    all.push(html`<div class="banner" data-banner="silent">${icon('warning')}<span>${t(silenceWords[silence])}</span>
      ${store.state.phase === 'call' ? html`<button class="button small" type="button" @click=${() => store.dispatch({ type: 'dialog', dialog: 'devices' })}>${t('silent.choose')}</button>` : nothing}
      <button class="icon-button small" type="button" aria-label=${t('silent.hide')} title=${t('silent.hide')} @click=${() => devicesState.set({ silenceSeen: true })}>${icon('close')}</button></div>`);
  }
  if (talkingMuted) {
    const push = choices().pushToTalk;
    all.push(html`<div class="banner" data-banner="talking-muted">${icon('mic-off')}<span>${t(push ? 'muted.hold' : 'muted.talking')}</span>
      ${push ? nothing : html`<button class="button small" type="button" @click=${() => void session.toggleMicrophone()}>${t('muted.on')}</button>`}</div>`);
  }
  return all;
}

function renderDoor(): TemplateResult {
  const { microphone, camera } = store.state.inputs;
  const bothOff = [microphone, camera].every(({ on, starting, problem }) => !on && !starting && problem === null);
  return html`<div class="door-devices">
    ${troubles()}
    ${bothOff && !choices().audioOnly ? html`<button class="button" type="button" data-action="both" @click=${() => void session.switchBothOn()}>${icon('camera')}${t('both.on')}</button>` : nothing}
    ${renderTests()}</div>`;
}

watchDevices();
register({
  order: 10,
  watches: [devicesState, choiceChanges],
  banner: () => {
    const all = troubles();
    return all.length > 0 ? html`${all}` : null;
  },
  door: renderDoor,
  settings: () => [
    { name: 'tests', title: t('test.title'), render: renderTests },
    { name: 'sound', title: t('sound.title'), render: renderSound },
    { name: 'video', title: t('video.title'), render: renderVideo },
    { name: 'screen', title: t('screen.title'), render: renderScreen },
  ],
});
