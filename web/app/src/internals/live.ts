/** Calls of other tabs: which there are, and one of them as it goes on. */
import { openChannel, type Letter, type Offer } from './channel.js';
import { OpenReport } from './model.js';

const askEveryMs = 5_000;
/** A tab that crashed cannot say that it is gone. */
const silentMs = 20_000;

export class LiveCalls {
  readonly #channel = openChannel();
  readonly #changed: () => void;
  readonly #offers = new Map<string, Offer & { heardAtMs: number }>();
  readonly #timer: ReturnType<typeof setInterval>;
  #watched: { call: string; open: (report: OpenReport) => void; report: OpenReport | null } | null = null;

  constructor(changed: () => void) {
    this.#changed = changed;
    if (this.#channel) this.#channel.onmessage = ({ data }: MessageEvent<Letter>) => this.#receive(data);
    this.#timer = setInterval(() => this.#ask(), askEveryMs);
    this.#ask();
  }

  get offers(): readonly Offer[] {
    return [...this.#offers.values()];
  }

  /** `open` gets the report when it comes, and again each time that it was asked for anew. */
  watch(call: string, open: (report: OpenReport) => void): void {
    this.#watched = { call, open, report: null };
    this.#post({ type: 'watch', call, fresh: true });
  }

  unwatch(): void {
    this.#watched = null;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#channel?.close();
  }

  #ask(): void {
    const silent = [...this.#offers.values()].filter(({ heardAtMs }) => Date.now() - heardAtMs > silentMs);
    for (const { call } of silent) this.#gone(call);
    this.#post({ type: 'who' });
    if (this.#watched) this.#post({ type: 'watch', call: this.#watched.call, fresh: this.#watched.report === null });
  }

  #receive(letter: Letter): void {
    const watched = this.#watched;
    if (letter.type === 'here') this.#offers.set(letter.call, { call: letter.call, beganAtMs: letter.beganAtMs, people: letter.people, heardAtMs: Date.now() });
    if (letter.type === 'gone') this.#gone(letter.call);
    if (!('call' in letter) || letter.call !== watched?.call) return void (letter.type === 'here' && this.#changed());
    const { report } = watched;
    if (letter.type === 'report') watched.open(watched.report = new OpenReport(letter.report, '', 'live'));
    else if (letter.type === 'event') report?.addEvent(letter.event);
    else if (letter.type === 'connection') report?.addConnection(letter.connection);
    else if (letter.type === 'sample') report?.addSample(letter.sample);
    if (report?.overgrown && letter.type === 'sample') this.watch(watched.call, watched.open);
    this.#changed();
  }

  #gone(call: string): void {
    this.#offers.delete(call);
    if (this.#watched?.call === call && this.#watched.report) this.#watched.report.live = 'ended';
    this.#changed();
  }

  #post(letter: Letter): void {
    this.#channel?.postMessage(letter);
  }
}
