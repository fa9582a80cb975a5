/** The connection test in words. */
import { formatNumber } from '../i18n/index.js';
import { relayOf, type Carried, type RelayProtocol, type Results, type StepName, type StepState } from './results.js';
import { t } from './texts.js';
import type { Level, Opening, Reason } from './verdict.js';

export function levelTitle(level: Level): string {
  switch (level) {
    case 'well': return t('verdict.well');
    case 'relayed': return t('verdict.relayed');
    case 'limited': return t('verdict.limited');
    case 'impossible': return t('verdict.impossible');
  }
}

export function reasonText(reason: Reason): string {
  switch (reason) {
    case 'all-good': return t('reason.all-good');
    case 'udp-blocked': return t('reason.udp-blocked');
    case 'udp-not-offered': return t('reason.udp-not-offered');
    case 'no-relay': return t('reason.no-relay');
    case 'loss': return t('reason.loss');
    case 'delay': return t('reason.delay');
    case 'jitter': return t('reason.jitter');
    case 'slow': return t('reason.slow');
    case 'insecure': return t('reason.insecure');
    case 'browser': return t('reason.browser');
    case 'signaling': return t('reason.signaling');
    case 'all-blocked': return t('reason.all-blocked');
  }
}

/** What a person can do about it. */
export function adviceText(reason: Reason): string {
  switch (reason) {
    case 'all-good': return '';
    case 'udp-blocked': case 'no-relay': case 'all-blocked': case 'signaling': return t('advice.firewall');
    case 'udp-not-offered': return t('advice.server');
    case 'loss': case 'delay': case 'jitter': case 'slow': return t('advice.network');
    case 'insecure': return t('advice.insecure');
    case 'browser': return t('advice.browser');
  }
}

export function openingText({ protocol, host, port, tls }: Opening): string {
  return tls ? t('opening.tls', { host, port }) : t('opening', { protocol, host, port });
}

export function stepTitle(step: StepName): string {
  switch (step) {
    case 'browser': return t('step.browser');
    case 'secure': return t('step.secure');
    case 'codecs': return t('step.codecs');
    case 'signaling': return t('step.signaling');
    case 'stun': return t('step.stun');
    case 'direct': return t('step.direct');
    case 'families': return t('step.families');
    case 'turn-udp': return t('step.turn', { protocol: 'UDP' });
    case 'turn-tcp': return t('step.turn', { protocol: 'TCP' });
    case 'turn-tls': return t('step.turn', { protocol: 'TLS' });
    case 'camera': return t('step.camera');
    case 'microphone': return t('step.microphone');
    case 'speaker': return t('step.speaker');
  }
}

/** For whoever does not see the colour of the mark. */
export function stateText(state: StepState): string {
  switch (state) {
    case 'waiting': return t('state.waiting');
    case 'running': return t('state.running');
    case 'good': return t('state.good');
    case 'note': return t('state.note');
    case 'bad': return t('state.bad');
    case 'skipped': return t('state.skipped');
  }
}

/** What a step found, in a line; '' if nothing yet. */
export function finding(step: StepName, results: Results): string {
  const { browser, secure, codecs, signaling, stun, direct, families } = results;
  switch (step) {
    case 'browser':
      if (!browser) return '';
      if (browser.missing.length > 0) return t('found.browser.missing', { names: browser.missing.join(', ') });
      return browser.without.length > 0 ? t('found.browser.without', { names: browser.without.join(', ') }) : t('found.browser');
    case 'secure': return secure ? t(secure.ok ? 'found.secure' : 'found.insecure') : '';
    case 'codecs': return codecs ? [...codecs.video, ...codecs.audio].join(', ') : '';
    case 'signaling':
      if (!signaling) return '';
      return signaling.ok ? t('found.rtt', { ms: formatNumber(signaling.rttMs ?? 0, 1) }) : t('found.unreachable');
    case 'stun':
      if (!stun) return '';
      if (!stun.ok) return t(stun.urls.length === 0 ? 'found.not-offered' : 'found.no-answer');
      return t(stun.behindNat === false ? 'found.no-nat' : stun.behindNat ? 'found.nat' : 'found.answers');
    case 'direct': return direct ? t(direct.ok ? 'found.direct' : 'found.no-direct') : '';
    case 'families':
      if (!families) return '';
      return [families.ipv4 ? 'IPv4' : '', families.ipv6 ? 'IPv6' : ''].filter((name) => name !== '').join(', ') || t('found.families.unknown');
    case 'turn-udp': return relayFinding('udp', results);
    case 'turn-tcp': return relayFinding('tcp', results);
    case 'turn-tls': return relayFinding('tls', results);
    case 'camera': case 'microphone': case 'speaker': return deviceFinding(step, results);
  }
}

function relayFinding(protocol: RelayProtocol, results: Results): string {
  if (results.relays?.[protocol] === 'not-offered') return t('found.not-offered');
  const relay = relayOf(results, protocol);
  if (!relay) return '';
  return relay.carried ? carriedText(relay.carried) : t('found.unreachable');
}

function carriedText({ rttMs, lossFraction, jitterMs, throughputBps }: Carried): string {
  const base = {
    ms: formatNumber(rttMs, rttMs < 10 ? 1 : 0), loss: formatNumber(lossFraction * 100, 1), jitter: formatNumber(jitterMs, 1),
  };
  if (throughputBps === null) return t('found.carried', base);
  return t('found.carried.throughput', { ...base, mbps: formatNumber(throughputBps / 1e6, throughputBps < 1e7 ? 1 : 0) });
}

function deviceFinding(step: 'camera' | 'microphone' | 'speaker', { camera, microphone, speaker }: Results): string {
  if (step === 'speaker') return speaker ? t(speaker.heard ? 'found.heard' : 'found.not-heard') : '';
  const problem = step === 'camera' ? camera?.problem : microphone?.problem;
  switch (problem) {
    case 'not-found': return t('found.device.none');
    case 'permission-denied': case 'permission-dismissed': return t('found.device.denied');
    case 'system-denied': return t('found.device.system');
    case 'busy': return t('found.device.busy');
    case 'failed': case 'insecure': case 'unsupported': return t('found.device.failed');
  }
  if (step === 'microphone') {
    if (!microphone) return '';
    if (microphone.peakDb === null) return t('found.click');
    return microphone.silent ? t('found.silent') : t('found.level', { db: formatNumber(microphone.peakDb).replace('-', '−') });
  }
  return (camera?.sizes ?? []).map(({ width, height, fps }) => t('found.size', { width, height, fps })).join(', ');
}
