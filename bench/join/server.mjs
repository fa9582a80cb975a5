// The server under measurement, as a process of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Starts `parley serve` on free ports and waits until it has told its address. */
export async function startParley(binary, args) {
  const child = spawn(binary, ['serve', '--http', '127.0.0.1:0', '--https', '', '--udp', ':0', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (data) => { log += data; });
  const exited = once(child, 'exit');
  const port = await Promise.race([
    bannerPort(child.stdout),
    exited.then(([code]) => { throw new Error(`the server ended with ${code}: ${log}`); }),
  ]);
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      child.kill('SIGTERM');
      const [code] = await exited;
      if (code !== 0) throw new Error(`the server stopped with ${code}: ${log}`);
    },
  };
}

async function bannerPort(stdout) {
  for await (const text of createInterface({ input: stdout })) {
    const port = /http:\/\/\S*:(\d+)\//.exec(text)?.[1];
    if (port) {
      stdout.resume();
      return port;
    }
  }
  throw new Error('the server told no address');
}
