// A sound card for Firefox: without one its Web Audio does not run.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';

const pulseaudio = '/usr/bin/pulseaudio';

/** A PulseAudio of our own that plays to nowhere; `env` tells a browser of it. */
export class SoundCard {
  #child = null;
  env = {};

  constructor(directory) {
    if (!existsSync(pulseaudio)) return;
    const socket = path.join(directory, 'sound');
    const home = path.join(directory, 'pulse');
    this.#child = spawn(pulseaudio, [
      '-n', '--daemonize=no', '--use-pid-file=no', '--exit-idle-time=-1', '--disallow-exit',
      '-L', 'module-null-sink sink_name=nowhere rate=48000', '-L', `module-native-protocol-unix socket=${socket} auth-anonymous=1`,
    ], { stdio: 'ignore', env: { PATH: process.env.PATH, HOME: home, PULSE_RUNTIME_PATH: home } });
    this.env = { PULSE_SERVER: `unix:${socket}` };
  }

  async close() {
    if (!this.#child || this.#child.exitCode !== null) return;
    this.#child.kill();
    await once(this.#child, 'exit');
  }
}
