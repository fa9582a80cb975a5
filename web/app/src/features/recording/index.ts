/** Recording the call in one's own browser, for all to see. */
import { html } from 'lit';
import { register } from '../../call/feature.js';
import { store } from '../../store.js';
import './dialog.js';
import { keptList } from './kept-list.js';
import { recorder } from './recorder.js';
import { banner, mark } from './status.js';
import { t } from './texts.js';

function toggle(): void {
  if (recorder.phase === 'idle') store.dispatch({ type: 'dialog', dialog: 'record' });
  else void recorder.stop();
}

register({
  order: 35,
  watches: [recorder],
  begin: (call) => recorder.begin(call),
  banner,
  tile: (peer) => mark(peer?.id, 'tile-mark'),
  person: (peer) => mark(peer?.id, 'person-mark'),
  door: () => keptList(recorder.kept.filter(({ saved }) => !saved), html`<h2 id="kept-title">${t('found')}</h2>`),
  dialogs: () => [{ name: 'record', title: t('title'), render: () => html`<parley-record></parley-record>` }],
  menu: () => [{ name: 'record', icon: recorder.phase === 'idle' ? 'record' : 'stop', label: t(recorder.phase === 'idle' ? 'open' : 'stop'), key: 'E', act: toggle }],
  shortcuts: () => [{ keys: 'E', label: t('keys'), act: toggle }],
});
void recorder.lookAtKept();
