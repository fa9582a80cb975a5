// Real browsers with fake cameras.

import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const web = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../web/package.json');
const puppeteer = createRequire(web)('puppeteer-core');

const programs = {
  chromium: process.env.CHROMIUM ?? '/usr/bin/chromium',
  firefox: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
};

/** Launches 'chromium' or 'firefox'. */
export function launch(name) {
  return name === 'firefox' ? launchFirefox() : launchChromium();
}

function launchChromium() {
  return puppeteer.launch({
    executablePath: programs.chromium,
    headless: true,
    protocolTimeout: 30_000,
    args: [
      '--no-sandbox', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream',
      '--disable-features=WebRtcHideLocalIpsWithMdns', '--allow-loopback-in-peer-connection',
      '--autoplay-policy=no-user-gesture-required', '--disable-background-networking', '--disable-component-update',
      '--disable-sync', '--no-first-run', '--disable-dev-shm-usage',
      '--disable-backgrounding-occluded-windows', '--disable-renderer-backgrounding', '--disable-background-timer-throttling',
    ],
  });
}

function launchFirefox() {
  return puppeteer.launch({
    browser: 'firefox',
    executablePath: programs.firefox,
    headless: true,
    protocolTimeout: 30_000,
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'media.peerconnection.ice.loopback': true,
      'media.peerconnection.ice.obfuscate_host_addresses': false,
      'media.autoplay.default': 0,
    },
  });
}

/** Versions of both browsers, as they tell them. */
export function versions() {
  return Object.values(programs).map((program) => execFileSync(program, ['--version'], { stdio: ['ignore', 'pipe', 'ignore'] })
    .toString().trim().replace(/ built on.*/, ''));
}
