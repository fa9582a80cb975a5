import type { Call } from '@parley/client';
import type { Diagnostics } from '@parley/client/diagnostics';
import { openChannel, watchedForMs, type Letter } from '../../internals/channel.js';

/** Lets other tabs of this origin watch the call. Returns what ends that. */
export function offerLive(call: Call, diagnostics: Diagnostics): () => void {
  const channel = openChannel();
  if (!channel) return () => undefined;
  const id = call.id;
  const beganAtMs = Date.now();
  let watchedUntilMs = 0;
  const post = (letter: Letter): void => channel.postMessage(letter);
  const here = (): void => post({ type: 'here', call: id, beganAtMs, people: [...call.peers.values()].map(({ name }) => name) });
  const pass = (letter: Letter): void => {
    if (Date.now() < watchedUntilMs) post(letter);
  };
  const gone = (): void => post({ type: 'gone', call: id });
  channel.onmessage = ({ data }: MessageEvent<Letter>) => {
    if (data.type === 'who') here();
    if (data.type !== 'watch' || data.call !== id) return;
    watchedUntilMs = Date.now() + watchedForMs;
    if (data.fresh) post({ type: 'report', call: id, report: diagnostics.export() });
  };
  const cleanups = [
    call.on('peer-joined', here), call.on('peer-left', here), call.on('peer-changed', here),
    diagnostics.on('event', (event) => pass({ type: 'event', call: id, event })),
    diagnostics.on('connection', (connection) => pass({ type: 'connection', call: id, connection })),
    diagnostics.on('sample', (sample) => pass({ type: 'sample', call: id, sample })),
  ];
  addEventListener('pagehide', gone);
  here();
  return () => {
    removeEventListener('pagehide', gone);
    for (const cleanup of cleanups) cleanup();
    gone();
    channel.close();
  };
}
