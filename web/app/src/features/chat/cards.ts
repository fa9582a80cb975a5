/** What other features put into the chat, among the messages and beside the field. */
import type { TemplateResult } from 'lit';
import type { Watchable } from '../../call/feature.js';

export interface Card {
  key: string;
  atMs: number;
  mine: boolean;
  render: () => TemplateResult;
}

export interface CardSource extends Watchable {
  cards(): readonly Card[];
  /** Buttons beside the field. */
  tools(): TemplateResult;
  /** Above the field, while something is attached to the message. */
  tray(): TemplateResult | null;
  /** Sends what is attached, if anything is; null is everybody. False if it could not be sent. */
  send(to: string | null): boolean;
}

const sources: CardSource[] = [];

export function addCards(source: CardSource): void {
  sources.push(source);
}

export function cardSources(): readonly CardSource[] {
  return sources;
}
