/**
 * What a feature of the call adds to the page. A feature is a folder below features/ that registers
 * itself; it is loaded after the first paint, so that the way into a room stays short. The call page
 * knows none of them by name: it shows what they offer.
 */
import type { Call, EndReason, MediaErrorCode } from '@parley/client';
import type { nothing, TemplateResult } from 'lit';
import type { PeerView } from '../state.js';
import type { IconName } from '../ui/icons.js';
import { Subject } from '../subject.js';

/** Tells when something changed; the views draw again. */
export interface Watchable { subscribe(listener: () => void): () => void }

/** A button in the bar below. */
export interface Control {
  name: string;
  icon: IconName;
  label: string;
  /** Its key, shown in the tooltip; '' for none. */
  key: string;
  pressed?: boolean;
  expanded?: boolean;
  off?: boolean;
  busy?: boolean;
  problem?: boolean;
  count?: number;
  /** What `count` counts, for screen readers. */
  counted?: string;
  /** Classes, like "wide-only". */
  look?: string;
  /** Among those that open a panel, beside People. */
  panel?: true;
  act: () => void;
  /** Something that lasts for as long as the button is held down. */
  hold?: (down: boolean) => void;
}

/** A line in the "More" menu. */
export interface MenuItem { name?: string; icon: IconName; label: string; key?: string; look?: string; act: () => void }

/** What opens beside the stage. */
export interface PanelView {
  name: string;
  title: string;
  render: () => TemplateResult;
  /** Buttons in its header. */
  actions?: () => TemplateResult;
}

/** What lies over the call. */
export interface DialogView { name: string; title: string; render: () => TemplateResult }

/** A part of the settings dialog. */
export interface SettingsSection { name: string; title: string; render: () => TemplateResult }

/** A page with one thing to say, where the call is over or could not be. */
export interface NoticeView {
  icon: IconName;
  bad?: true;
  title: string;
  text: string;
  /** The button that tries again. */
  again?: { label: string; act: () => void };
}

/** What stands before the steps that help, and after them. */
export interface HelpView { picture: TemplateResult | typeof nothing; more: TemplateResult | typeof nothing }

export interface Shortcut { keys: string; label: string; act: () => void }

export interface Feature {
  /** Order among the features, where they stand side by side. */
  readonly order: number;
  /** Changes of these draw the call page again. */
  readonly watches?: readonly Watchable[];
  /** A call has begun; the returned function is called at its end. */
  begin?(call: Call): () => void;
  /** Buttons between the devices and "More". */
  controls?(): readonly Control[];
  menu?(): readonly MenuItem[];
  panels?(): readonly PanelView[];
  dialogs?(): readonly DialogView[];
  settings?(): readonly SettingsSection[];
  shortcuts?(): readonly Shortcut[];
  /** On a person's tile; `null` is oneself. */
  tile?(peer: PeerView | null): TemplateResult | null;
  /** A button in the corner of a person's tile. */
  tools?(peer: PeerView): TemplateResult | null;
  /** In a person's line in the list of people. */
  person?(peer: PeerView | null): TemplateResult | null;
  /** In the connection panel, below the figures. */
  connection?(): TemplateResult | null;
  /** Above the list of people. */
  people?(): TemplateResult | null;
  /** Lies over the stage and places itself. */
  overlay?(): TemplateResult | null;
  /** A line above the stage that stays while something lasts, as "Ann is recording". */
  banner?(): TemplateResult | null;
  /** How much has come that was not looked at: in the title of the page. */
  unseen?(): number;
  /** Beside the words on what to do about a device that did not start. */
  help?(code: MediaErrorCode): HelpView | null;
  /** On the pre-join page, below the devices. */
  door?(): TemplateResult | null;
  /** On the pre-join page, between the name and the way in. */
  entry?(): TemplateResult | null;
  /** Takes the place of the way in for as long as a host has not let the person in. */
  waiting?(): TemplateResult | null;
  /** What to say at the end of a call that ended, or did not begin, for this reason. */
  notice?(reason: EndReason): NoticeView | null;
}

const registered: Feature[] = [];
const listeners = new Subject();
const ends = new Map<Feature, () => void>();
let current: Call | null = null;

/** Adds a feature, for good. A call that has begun already begins for it too. */
export function register(feature: Feature): void {
  registered.push(feature);
  registered.sort((a, b) => a.order - b.order);
  for (const watched of feature.watches ?? []) watched.subscribe(tell);
  if (current) start(feature, current);
  tell();
}

export function features(): readonly Feature[] {
  return registered;
}

/** All that the features offer of one kind, in order. */
export function offers<T>(of: (feature: Feature) => readonly T[] | undefined): T[] {
  return registered.flatMap((feature) => of(feature) ?? []);
}

export const onFeatures = listeners.subscribe;

export function beginFeatures(call: Call): void {
  current = call;
  for (const feature of registered) start(feature, call);
}

export function endFeatures(): void {
  current = null;
  for (const end of ends.values()) end();
  ends.clear();
}

function start(feature: Feature, call: Call): void {
  const end = feature.begin?.(call);
  if (end) ends.set(feature, end);
}

function tell(): void {
  listeners.tell();
}
