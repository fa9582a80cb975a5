import { useEffect, useReducer, useState } from 'react';
import { LocalMedia, join, type Call, type EndReason } from '@parley/client';

/** A call as React sees it: drawn again whenever anything that a tile shows is another. */
export function useCall() {
  const [media] = useState(() => new LocalMedia());
  const [call, setCall] = useState<Call | null>(null);
  const [problem, setProblem] = useState('');
  const [, redraw] = useReducer((n: number) => n + 1, 0);

  useEffect(() => media.on('change', redraw), [media]);

  useEffect(() => {
    if (!call) return;
    const ended = (reason: EndReason = 'left') => {
      setCall(null);
      if (reason !== 'left') setProblem(`The call ended: ${reason}`);
    };
    const off = [
      call.on('peer-joined', redraw), call.on('peer-left', redraw), call.on('peer-changed', redraw),
      call.on('state', ({ state, reason }) => (state === 'left' ? ended(reason) : redraw())),
    ];
    return () => {
      for (const stop of off) stop();
      call.leave();
    };
  }, [call]);

  async function enter(room: string, name: string) {
    setProblem('');
    try {
      setCall(await join(room, { name, media }));
      const problems = await media.startBoth();
      for (const { kind, code } of Object.values(problems)) setProblem(`No ${kind}: ${code}`);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  }

  return { call, media, problem, enter };
}
