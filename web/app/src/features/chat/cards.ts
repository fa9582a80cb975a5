/** What other features put into the chat, among the messages and beside the field. */
import type { TemplateResult } from 'lit';
import type { Watchable } from '../../call/feature.js';

export interface Card {
  key: string;
  atMs: number;
  render: () => TemplateResult;
}

export interface CardSource extends Watchable {
  cards(): readonly Card[];
  /** Buttons beside the field; `to` is whom the message is for, null: everybody. */
  tools(to: string | null): TemplateResult;
}

const sources: CardSource[] = [];

export function addCards(source: CardSource): void {
  sources.push(source);
}

export function cardSources(): readonly CardSource[] {
  return sources;
}
