/** The chat of the call. */
import { html, nothing } from 'lit';
import { register } from '../../call/feature.js';
import { t as core } from '../../i18n/index.js';
import { store } from '../../store.js';
import { icon } from '../../ui/icons.js';
import { chat } from './chat.js';
import { saveChat } from './save.js';
import { t } from './texts.js';
import './panel.js';

function toggle(): void {
  store.dispatch({ type: 'panel', panel: store.state.panel === 'chat' ? null : 'chat' });
}

function save(): void {
  const { route } = store.state;
  saveChat(chat.entries, (entry) => chat.answered(entry), route.page === 'room' ? route.room : '', Date.now());
}


register({
  order: 10,
  watches: [chat],
  begin: (call) => chat.begin(call),
  controls: () => [{
    name: 'chat', icon: 'chat', label: t('title'), key: 'C', count: chat.unread, counted: t('unread', { count: chat.unread }),
    expanded: store.state.panel === 'chat', panel: true, act: toggle,
  }],
  panels: () => [{
    name: 'chat', title: t('title'), render: () => html`<parley-chat></parley-chat>`,
    actions: () => html`${chat.entries.length === 0 ? nothing : html`<button class="icon-button" type="button" data-action="save-chat"
      aria-label=${t('save')} title=${t('save')} @click=${save}>${icon('download')}</button>`}`,
  }],
  shortcuts: () => [{ keys: 'C', label: t('title'), act: toggle }],
  person: (peer) => (peer === null ? null : html`<button class="icon-button small" type="button" data-action="write-to"
    aria-label=${t('write-to', { name: peer.name || core('tile.guest') })} title=${t('write-to', { name: peer.name || core('tile.guest') })}
    @click=${() => {
      chat.write({ to: { id: peer.id, name: peer.name } });
      store.dispatch({ type: 'panel', panel: 'chat' });
    }}>${icon('chat')}</button>`),
  unseen: () => chat.unread,
});
