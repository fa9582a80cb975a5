// The real server and real browsers for the app's browser tests.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import puppeteer from 'puppeteer-core';
import { filmOf, makeFilms } from './films.mjs';
import { SoundCard } from './sound.mjs';

const repository = fileURLToPath(new URL('../../../../', import.meta.url));
const firefox = process.env.FIREFOX ?? ['/usr/bin/firefox-esr', '/usr/bin/firefox'].find(existsSync);
const chromium = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync);

const flags = [
  '--no-sandbox', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--disable-features=WebRtcHideLocalIpsWithMdns', '--allow-loopback-in-peer-connection', '--font-render-hinting=none',
  '--host-resolver-rules=MAP parley.test 127.0.0.1',
];

/** Firefox brings devices of its own: a camera with a moving picture, a microphone with a tone. */
const firefoxPreferences = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.autoplay.default': 0,
  'media.getdisplaymedia.enabled': true,
  'app.update.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
};

const slideTitle = 'Harbour plan';

/** What is shared as a screen. */
const slide = `<!doctype html><html lang="en"><title>${slideTitle}</title><style>
  body { margin: 0; height: 100vh; display: grid; align-content: center; padding: 0 9vw; background: #fbfaf6; color: #1c2422; font: 26px/1.5 sans-serif; }
  h1 { font-size: 54px; margin: 0 0 12px; letter-spacing: -1px; } p { margin: 0 0 40px; color: #5a645f; }
  div { display: flex; align-items: flex-end; gap: 28px; height: 240px; border-bottom: 3px solid #1c2422; }
  i { flex: 1; background: #0b6b60; } b { animation: tick 1s steps(2) infinite; } @keyframes tick { to { opacity: 0; } } i:nth-child(3n) { background: #ef9a63; }
</style><h1>Harbour plan</h1><p>Ships in the harbour, by month<b>_</b></p><div>${
  [42, 55, 48, 70, 88, 96, 90, 74, 61, 52].map((h) => `<i style="height:${h}%"></i>`).join('')}</div></html>`;

export class World {
  #browsers = [];
  #server = null;
  #others = [];
  #sound = null;

  static async create() {
    const world = new World();
    world.directory = await mkdtemp(path.join(tmpdir(), 'parley-look-'));
    world.downloads = path.join(world.directory, 'downloads');
    await mkdir(world.downloads);
    world.binary = process.env.PARLEY_BINARY ?? path.join(world.directory, 'parley');
    if (!process.env.PARLEY_BINARY) {
      await promisify(execFile)('go', ['build', '-o', world.binary, './cmd/parley'], { cwd: repository });
    }
    // The films are named to the browsers without their folder, since the name is on the screen.
    process.chdir(world.directory);
    const painter = await puppeteer.launch({ executablePath: chromium, args: flags });
    await makeFilms(painter, world.directory);
    await painter.close();
    world.port = await freePort();
    world.origin = `http://127.0.0.1:${world.port}`;
    // Another site, whose pages may use this server.
    world.elsewherePort = await freePort();
    world.elsewhere = `http://localhost:${world.elsewherePort}`;
    await world.startServer();
    return world;
  }

  async startServer() {
    const address = `127.0.0.1:${this.port}`;
    this.#server = await this.#serve(this.port, ['--udp', address, '--allow-peer', '127.0.0.0/8', '--allow-origin', this.elsewhere]);
  }

  /** Another server, whose UDP is not where it says: a firewall could not do better. Returns its origin. */
  async serverBehindFirewall() {
    const port = await freePort();
    this.#others.push(await this.#serve(port, ['--udp', `127.0.0.2:${port}`, '--allow-peer', '127.0.0.0/8']));
    return `http://127.0.0.1:${port}`;
  }

  async #serve(port, args) {
    const child = spawn(this.binary, [
      'serve', '--http', `127.0.0.1:${port}`, '--https', '', '--public-ip', '127.0.0.1', '--log-level', 'warn', ...args,
    ], { stdio: ['ignore', 'ignore', 'pipe'] });
    let log = '';
    child.stderr.on('data', (data) => { log += data; });
    await until('the server is ready', async () => {
      if (child.exitCode !== null) throw new Error(`the server ended: ${log}`);
      return (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null))?.ok;
    });
    return child;
  }

  /** Stands still, as a machine under a hung disk does: it takes connections and says nothing. */
  pauseServer() {
    this.#server.kill('SIGSTOP');
  }

  resumeServer() {
    this.#server.kill('SIGCONT');
  }

  async stopServer() {
    const child = this.#server;
    if (!child || child.exitCode !== null) return;
    child.kill('SIGCONT');
    child.kill('SIGTERM');
    await once(child, 'exit');
  }

  /** A browser whose camera shows `person`; without one it has no devices at all. */
  async browser({ person, voice = false, screen = false, refused = false, extra = [] } = {}) {
    const devices = person ? [
      '--use-fake-device-for-media-stream', ...(screen || refused ? [] : ['--use-fake-ui-for-media-stream']),
      ...(screen ? [`--auto-select-tab-capture-source-by-title=${slideTitle}`] : []),
      `--use-file-for-fake-video-capture=${filmOf(person)}`,
      `--use-file-for-fake-audio-capture=${voice === 'none' ? 'nothing.wav' : voice ? 'voice.wav' : 'room.wav'}`,
    ] : [];
    const browser = await puppeteer.launch({
      executablePath: chromium, args: [...flags, ...devices, ...extra], defaultViewport: null, protocolTimeout: 60_000,
      downloadBehavior: { policy: 'allow', downloadPath: this.downloads },
    });
    this.#browsers.push(browser);
    for (const name of person ? ['camera', 'microphone'] : []) {
      const state = refused ? 'denied' : 'granted';
      await browser.defaultBrowserContext().setPermission(this.origin, { permission: { name }, state });
    }
    if (screen) await (await browser.newPage()).goto(`data:text/html,${encodeURIComponent(slide)}`);
    return browser;
  }

  /** Firefox with fake devices. */
  async firefox({ preferences = {} } = {}) {
    this.#sound ??= new SoundCard(this.directory);
    const browser = await puppeteer.launch({
      browser: 'firefox', executablePath: firefox, headless: true, defaultViewport: { width: 1200, height: 750 }, protocolTimeout: 60_000,
      extraPrefsFirefox: { ...firefoxPreferences, 'browser.download.folderList': 2, 'browser.download.dir': this.downloads, ...preferences },
      env: { ...process.env, ...this.#sound.env },
    });
    this.#browsers.push(browser);
    return browser;
  }

  /** The browser of a journey: 'chromium' shows `person`, 'firefox' what it has itself. */
  open(kind, options = {}) {
    return kind === 'firefox' ? this.firefox(options) : this.browser({ person: 'ann', voice: true, ...options });
  }

  /** The file whose name matches, once it is saved; it is taken away, so that the next one is another. */
  async downloaded(pattern) {
    const whole = async () => (await readdir(this.downloads)).find((name) => pattern.test(name) && !/\.(part|crdownload)$/.test(name));
    const file = path.join(this.downloads, await until(`a file ${pattern} is saved`, whole));
    // Firefox puts an empty file in its place before the content.
    const text = await until(`${file} is written`, () => readFile(file, 'utf8'));
    const kept = path.join(this.directory, path.basename(file));
    await rename(file, kept);
    return { file: kept, text };
  }

  hideFilm(person) {
    return rename(filmOf(person), `${filmOf(person)}.hidden`);
  }

  showFilm(person) {
    return rename(`${filmOf(person)}.hidden`, filmOf(person));
  }

  async close() {
    await Promise.all(this.#browsers.map((browser) => browser.close()));
    await this.#sound?.close();
    await this.stopServer();
    for (const child of this.#others) child.kill('SIGTERM');
    process.chdir(repository);
    await rm(this.directory, { recursive: true, force: true });
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Waits for something of the real world, at most 30 s. */
export async function until(what, condition, limitMs = 30_000) {
  const end = Date.now() + limitMs;
  for (;;) {
    const result = await condition();
    if (result) return result;
    if (Date.now() > end) throw new Error(`in ${limitMs / 1000} s it did not come true that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
