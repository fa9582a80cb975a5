// A thin shell around puppeteer-core for tests in other languages: one browser,
// commands and answers as lines of JSON on standard input and output (see doc.go).
// It ends, with its browser, when its standard input does.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const require = createRequire(new URL('../../../web/package.json', import.meta.url));
const puppeteer = require('puppeteer-core');

const chromiumArgs = [
  '--no-sandbox', '--disable-gpu', '--mute-audio',
  '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
  '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run',
  // Several pages of one browser are all in the foreground for the tests.
  '--disable-background-timer-throttling', '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];

const firefoxPrefs = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.autoplay.default': 0,
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'dom.min_background_timeout_value': 10,
  'dom.timeout.enable_budget_timer_throttling': false,
  // Pages of one origin share a process, which keeps many pages cheap.
  'dom.ipc.processCount': 2,
  'dom.ipc.processPrelaunch.enabled': false,
  'browser.tabs.remote.warmup.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
};

let browser;
let lastPage = 0;
const pages = new Map();

function say(line) { process.stdout.write(JSON.stringify(line) + '\n'); }

function pageOf(command) {
  const page = pages.get(command.page);
  if (!page) throw new Error(`no page ${command.page}`);
  return page;
}

const operations = {
  async launch({ browser: name, executable, profile, args, prefs }) {
    browser = await puppeteer.launch({
      browser: name === 'firefox' ? 'firefox' : 'chrome',
      executablePath: executable,
      userDataDir: profile,
      headless: true,
      pipe: name !== 'firefox',
      defaultViewport: { width: 1280, height: 800 },
      args: name === 'firefox' ? args ?? [] : [...chromiumArgs, ...(args ?? [])],
      extraPrefsFirefox: { ...firefoxPrefs, ...prefs },
      protocolTimeout: 60_000,
    });
    browser.on('disconnected', () => say({ event: 'disconnected' }));
    return { version: await browser.version(), pid: browser.process().pid };
  },

  async open({ url, init, timeoutMs = 30_000 }) {
    const page = await browser.newPage();
    const id = ++lastPage;
    pages.set(id, page);
    page.on('console', (message) => say({ event: 'console', page: id, level: message.type(), text: message.text() }));
    page.on('pageerror', (error) => say({ event: 'console', page: id, level: 'exception', text: String(error?.stack ?? error) }));
    if (init) await page.evaluateOnNewDocument(init);
    await page.goto(url, { timeout: timeoutMs, waitUntil: 'domcontentloaded' });
    return { page: id };
  },

  // Evaluates an expression in the page; a promise is awaited.
  evaluate: (command) => pageOf(command).evaluate(command.expression),

  // Polls an expression until it is neither false, null nor undefined. A page
  // on its way to another document is asked again.
  async wait(command) {
    const deadline = performance.now() + command.timeoutMs;
    let failure = '';
    for (;;) {
      let value;
      try {
        value = await pageOf(command).evaluate(command.expression);
        failure = '';
      } catch (error) {
        failure = `: ${error.message}`;
      }
      if (value !== false && value !== null && value !== undefined) return value;
      if (performance.now() >= deadline) throw new Error(`not within ${command.timeoutMs} ms: ${command.expression}${failure}`);
      await sleep(command.pollMs ?? 100);
    }
  },

  click: (command) => pageOf(command).click(command.selector),

  press: (command) => pageOf(command).keyboard.press(command.key),

  type: (command) => pageOf(command).type(command.selector, command.text),

  viewport: (command) => pageOf(command).setViewport({ width: command.width, height: command.height }),

  async screenshot(command) {
    await pageOf(command).screenshot({ path: command.path });
  },

  front: (command) => pageOf(command).bringToFront(),

  async close(command) {
    const page = pageOf(command);
    pages.delete(command.page);
    await page.close();
  },

  // Ends a tab as a crash of its process would (Chromium only).
  async crash(command) {
    const session = await pageOf(command).createCDPSession();
    // There is nobody left to answer.
    session.send('Page.crash').catch(() => {});
  },

  // Ends the browser as a power cut would: no page hears of it.
  async kill() { browser.process().kill('SIGKILL'); },
};

async function carryOut(line) {
  const command = JSON.parse(line);
  try {
    const operation = operations[command.op];
    if (!operation) throw new Error(`no operation ${command.op}`);
    say({ id: command.id, value: (await operation(command)) ?? null });
  } catch (error) {
    say({ id: command.id, error: String(error?.message ?? error) });
  }
}

process.on('unhandledRejection', (error) => say({ event: 'rejection', text: String(error?.stack ?? error) }));

const input = createInterface({ input: process.stdin });
input.on('line', carryOut);
input.on('close', async () => {
  // Closing takes long where a page hangs; the profile is thrown away anyhow.
  browser?.process()?.kill('SIGKILL');
  process.exit(0);
});
