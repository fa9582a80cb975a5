/** Who may do what in a room: the door with its lobby and password, the host's controls, invites. */
import { html, nothing } from 'lit';
import { register } from '../../call/feature.js';
import { showInvite } from '../../call/invite.js';
import { icon } from '../../ui/icons.js';
import { store } from '../../store.js';
import { entry, notice, waiting } from './door.js';
import { roomState, showHost } from './host.js';
import { knockCard, knockList } from './knocks.js';
import { menuButton, personDialogs } from './person.js';
import { room } from './room.js';
import './share.js';
import { t } from './texts.js';


register({
  order: 10,
  watches: [room],
  begin: (call) => room.begin(call),
  controls: () => (room.host ? [{
    name: 'host', icon: 'host', label: t('host.title'), key: '', look: 'wide-only', expanded: store.state.dialog === 'host', act: showHost,
  }] : []),
  menu: () => [
    { name: 'share', icon: 'share', label: t('share.title'), act: showInvite },
    ...(room.host ? [{ name: 'host', icon: 'host' as const, label: t('host.title'), look: 'narrow-only', act: showHost }] : []),
  ],
  dialogs: () => [
    { name: 'host', title: t('host.title'), render: () => html`<parley-host></parley-host>` },
    { name: 'invite', title: t('share.title'), render: () => html`<parley-share></parley-share>` },
    ...personDialogs(),
  ],
  people: () => html`${roomState() ?? nothing}${knockList() ?? nothing}`,
  overlay: knockCard,
  tools: (peer) => menuButton(peer, 'tile-tool'),
  tile: (peer) => (isHost(peer?.id) ? html`<span class="tile-mark host-mark" role="img" aria-label=${t('host.badge')} title=${t('host.badge')}>${icon('host')}</span>` : null),
  person: (peer) => html`${isHost(peer?.id) ? html`<span class="host-badge">${t('host.badge')}</span>` : nothing}${peer ? menuButton(peer, 'icon-button small') ?? nothing : nothing}`,
  entry,
  waiting,
  notice,
});

function isHost(peer: string | undefined): boolean {
  return peer === undefined ? room.host : room.peer(peer)?.role === 'host';
}
