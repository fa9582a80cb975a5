// Two peers of werift (a WebRTC stack of its own, in TypeScript) that may use
// nothing but the relay send each other a message.
//   node werift.mjs TURN-URL USERNAME CREDENTIAL
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { RTCPeerConnection } = require('werift');
const [urls, username, credential] = process.argv.slice(2);

const options = { iceServers: [{ urls, username, credential }], iceTransportPolicy: 'relay' };
const caller = new RTCPeerConnection(options);
const callee = new RTCPeerConnection(options);
const candidates = [];

function trickle(from, to) {
  from.onIceCandidate.subscribe((candidate) => {
    if (!candidate) return;
    candidates.push(candidate.candidate);
    to.addIceCandidate(candidate).catch(() => {}); // some come before the description
  });
}
trickle(caller, callee);
trickle(callee, caller);

const answered = new Promise((resolve) => {
  const channel = caller.createDataChannel('interop');
  channel.stateChanged.subscribe((state) => {
    if (state === 'open') channel.send('through the relay');
  });
  channel.onMessage.subscribe((message) => resolve(message.toString()));
});
callee.onDataChannel.subscribe((channel) => {
  channel.onMessage.subscribe((message) => channel.send(`echo: ${message}`));
});

await caller.setLocalDescription(await caller.createOffer());
await callee.setRemoteDescription(caller.localDescription);
await callee.setLocalDescription(await callee.createAnswer());
await caller.setRemoteDescription(callee.localDescription);

const timeout = new Promise((resolve) => setTimeout(resolve, 30_000, 'no answer within 30 s'));
const result = await Promise.race([answered, timeout]);
const notRelayed = candidates.filter((c) => !c.includes('typ relay'));
console.log(JSON.stringify({ result, candidates: candidates.length, notRelayed }));
process.exit(result === 'echo: through the relay' && candidates.length > 0 && notRelayed.length === 0 ? 0 : 1);
