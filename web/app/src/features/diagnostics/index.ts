/** What happened in the call, for whoever looks for a fault: saved as a report, and shown live to /internals in another tab. */
import { Diagnostics } from '@parley/client/diagnostics';
import { register } from '../../call/feature.js';
import { store } from '../../store.js';
import { qualityMeaning } from './quality.js';
import { reportDialog } from './dialog.js';
import { offerLive } from './live.js';
import { t } from './texts.js';


let diagnostics: Diagnostics | null = null;

register({
  order: 95,
  begin(call) {
    const current = new Diagnostics(call);
    const stop = offerLive(call, current);
    diagnostics = current;
    return () => {
      stop();
      current.close();
      diagnostics = null;
    };
  },
  menu: () => [{ name: 'report', icon: 'download', label: t('open'), act: () => store.dispatch({ type: 'dialog', dialog: 'report' }) }],
  dialogs: () => [{ name: 'report', title: t('title'), render: () => reportDialog(diagnostics) }],
  connection: qualityMeaning,
});
