import { onScopeDispose, ref, shallowRef, triggerRef } from 'vue';
import { LocalMedia, join, type Call } from '@parley/client';

/** A call as Vue sees it: drawn again whenever anything that a tile shows is another. */
export function useCall() {
  const media = shallowRef(new LocalMedia());
  const call = shallowRef<Call | null>(null);
  const problem = ref('');
  const redraw = () => triggerRef(call);
  media.value.on('change', () => triggerRef(media));
  onScopeDispose(() => call.value?.leave());

  async function enter(room: string, name: string) {
    problem.value = '';
    try {
      const joined = await join(room, { name, media: media.value });
      call.value = joined;
      for (const event of ['peer-joined', 'peer-left', 'peer-changed'] as const) joined.on(event, redraw);
      joined.on('state', ({ state, reason }) => {
        if (state !== 'left') return;
        call.value = null;
        if (reason !== 'left') problem.value = `The call ended: ${reason}`;
      });
      const problems = await media.value.startBoth();
      for (const { kind, code } of Object.values(problems)) problem.value = `No ${kind}: ${code}`;
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error);
    }
  }

  return { call, media, problem, enter };
}
