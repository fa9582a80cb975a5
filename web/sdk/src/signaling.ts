/** Carries the session's effects out: the WebSocket and the timers. */

import { SUBPROTOCOL } from './protocol.gen.js';
import type { ClientMessage, ServerMessage, Welcome } from './protocol.gen.js';
import { newSession, reduce } from './session.js';
import type { Delivered, Effect, Outgoing, SessionEvent, SessionState, Standing, TimerName, Visit } from './session.js';
import type { CallState, EndReason } from './types.js';

export interface SignalingListener {
  welcome(welcome: Welcome): void;
  waiting(): void;
  deliver(message: Delivered): void;
  state(state: CallState, reason?: EndReason, message?: string): void;
  warn(code: string, message: string): void;
  /** What goes over the socket, as it goes. */
  message(direction: 'in' | 'out', message: ClientMessage | ServerMessage): void;
}

export class Signaling {
  readonly #url: URL;
  readonly #listener: SignalingListener;
  readonly #timers = new Map<TimerName, ReturnType<typeof setTimeout>>();
  readonly #events: SessionEvent[] = [];
  #state: SessionState;
  #socket: WebSocket | null = null;
  #running = false;

  constructor(url: URL, visit: Visit, standing: Standing, listener: SignalingListener) {
    this.#url = url;
    this.#listener = listener;
    this.#state = newSession(visit, standing);
  }

  start(): void {
    this.#handle({ type: 'start' });
  }

  get state(): CallState {
    return this.#state.state;
  }

  send(message: Outgoing): void {
    this.#handle({ type: 'send', message });
  }

  update(standing: Standing): void {
    this.#handle({ type: 'update', standing });
  }

  probe(moved: boolean): void {
    this.#handle({ type: 'probe', moved });
  }

  /** As after a silence. */
  ping(): void {
    this.#handle({ type: 'timer', timer: 'silence', random: 0 });
  }

  leave(): void {
    this.#handle({ type: 'leave' });
  }

  /** One event after the other, also when carrying out an effect brings the next event. */
  #handle(event: SessionEvent): void {
    this.#events.push(event);
    if (this.#running) return;
    this.#running = true;
    for (let next = this.#events.shift(); next; next = this.#events.shift()) {
      const [state, effects] = reduce(this.#state, next);
      this.#state = state;
      for (const effect of effects) {
        try {
          this.#carryOut(effect);
        } catch (error) {
          // A peer's connection that cannot be made must not stop the others' messages.
          reportError(error);
        }
      }
    }
    this.#running = false;
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'open': return this.#open();
      case 'close': return this.#close();
      case 'write': return this.#write(effect.message);
      case 'timer': {
        clearTimeout(this.#timers.get(effect.timer));
        const fire = (): void => this.#handle({ type: 'timer', timer: effect.timer, random: Math.random() });
        this.#timers.set(effect.timer, setTimeout(fire, effect.ms));
        return;
      }
      case 'cancel': return clearTimeout(this.#timers.get(effect.timer));
      case 'welcome': return this.#listener.welcome(effect.welcome);
      case 'deliver': return this.#listener.deliver(effect.message);
      case 'waiting': return this.#listener.waiting();
      case 'warn': return this.#listener.warn(effect.code, effect.message);
      case 'state': return this.#listener.state(effect.state, effect.reason, effect.message);
    }
  }

  #open(): void {
    this.#close();
    let socket: WebSocket;
    try {
      socket = new WebSocket(this.#url, SUBPROTOCOL);
    } catch {
      // A policy of the page forbids the address.
      this.#handle({ type: 'closed', random: Math.random() });
      return;
    }
    this.#socket = socket;
    const lost = (): void => {
      if (this.#socket !== socket) return;
      this.#close();
      this.#handle({ type: 'closed', random: Math.random() });
    };
    socket.onopen = () => this.#handle({ type: 'opened' });
    socket.onmessage = (event: MessageEvent<unknown>) => {
      const message = parse(event.data);
      if (message) this.#listener.message('in', message);
      if (message) this.#handle({ type: 'message', message });
      else lost();
    };
    socket.onclose = socket.onerror = lost;
  }

  #close(): void {
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = null;
    socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
    socket.close();
  }

  #write(message: ClientMessage): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(JSON.stringify(message));
    this.#listener.message('out', message);
  }
}

/** The server is trusted with the shape of its messages, not with always being the server. */
function parse(data: unknown): ServerMessage | null {
  try {
    const message: unknown = typeof data === 'string' ? JSON.parse(data) : null;
    return typeof message === 'object' && message !== null && 'type' in message ? (message as ServerMessage) : null;
  } catch {
    return null;
  }
}
