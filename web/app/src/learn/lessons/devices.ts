import type { Bench } from '../kit/bench.js';

export function run(ui: Bench): void {
  const { mediaDevices } = navigator;
  if (!ui.has(mediaDevices, 'navigator.mediaDevices')) return;

  ui.button('devices.list', list);
  ui.button('devices.names', async () => {
    // Names are told only to a page that may use a device.
    const stream = await mediaDevices.getUserMedia({ audio: true, video: true });
    for (const track of stream.getTracks()) track.stop();
    await list();
  });
  const table = ui.table('devices.table', 'kind', 'label', 'deviceId', 'groupId');
  const log = ui.log('log');
  const supported = ui.code('getSupportedConstraints()');

  async function list(): Promise<void> {
    const devices = await mediaDevices.enumerateDevices();
    table.clear();
    for (const { kind, label, deviceId, groupId } of devices) {
      table.add(kind, label || '""', short(deviceId), short(groupId));
    }
    log(`enumerateDevices() → ${devices.length}`);
  }

  function onChange(): void {
    log('devicechange');
    void ui.attempt(list);
  }
  mediaDevices.addEventListener('devicechange', onChange);
  ui.onClose(() => mediaDevices.removeEventListener('devicechange', onChange));

  supported(Object.keys(mediaDevices.getSupportedConstraints()).sort().join('\n'));
  ui.has('setSinkId' in HTMLMediaElement.prototype, 'HTMLMediaElement.setSinkId()');
  ui.has('selectAudioOutput' in mediaDevices, 'selectAudioOutput()');
}

function short(id: string): string {
  return id.length > 12 ? `${id.slice(0, 8)}…` : id || '""';
}
