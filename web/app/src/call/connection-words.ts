import type { CandidateInfo, TrackKind } from '@parley/client';
import { t } from '../i18n/index.js';

export function candidateType({ type, protocol, relayProtocol }: CandidateInfo): string {
  const over = (relayProtocol ?? protocol).toUpperCase();
  switch (type) {
    case 'host': return t('candidate.host', { protocol: over });
    case 'srflx': return t('candidate.srflx', { protocol: over });
    case 'prflx': return t('candidate.prflx', { protocol: over });
    case 'relay': return t('candidate.relay', { protocol: over });
  }
}

export function kindName(kind: TrackKind): string {
  switch (kind) {
    case 'microphone': return t('device.microphone');
    case 'camera': return t('device.camera');
    case 'screen': return t('kind.screen');
    case 'screen-audio': return t('kind.screen-audio');
  }
}
