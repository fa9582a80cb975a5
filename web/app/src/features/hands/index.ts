/** Raised hands, in order, and reactions that float over whoever sends them. */
import { html, nothing } from 'lit';
import { register, type Control } from '../../call/feature.js';
import { handList, handMark, hands } from './hands.js';
import { flights } from './reactions.js';
import { t } from './texts.js';
import { toggleTray } from './tray.js';


const toggleHand = (): void => hands.toggle();

function controls(): Control[] {
  return [
    { name: 'react', icon: 'smile', label: t('react.open'), key: 'R', look: 'wide-only', expanded: flights.open, act: toggleTray },
    { name: 'hand', icon: 'hand', label: t(hands.mine ? 'hand.lower' : 'hand.raise'), key: 'H', look: 'wide-only', pressed: hands.mine, act: toggleHand },
  ];
}

register({
  order: 20,
  watches: [hands, flights],
  begin: (call) => {
    const ends = [hands.begin(call), flights.begin(call)];
    return () => { for (const end of ends) end(); };
  },
  controls,
  menu: () => [
    { icon: 'smile', label: t('react.open'), key: 'R', look: 'narrow-only', act: toggleTray },
    { icon: 'hand', label: t(hands.mine ? 'hand.lower' : 'hand.raise'), key: 'H', look: 'narrow-only', act: toggleHand },
  ],
  shortcuts: () => [
    { keys: 'H', label: t('keys.hand'), act: toggleHand },
    { keys: 'R', label: t('keys.react'), act: toggleTray },
  ],
  people: handList,
  overlay: () => (flights.open ? html`<parley-reactions></parley-reactions>` : null),
  tile: (peer) => html`${handMark(peer?.id ?? 'self', 'tile-mark') ?? nothing}${flights.over(peer?.id ?? 'self') ?? nothing}`,
  person: (peer) => handMark(peer?.id ?? 'self', 'hand-chip'),
});
