import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Negotiation, type NegotiablePC } from '../src/negotiation.js';
import { keepDtlsRole } from '../src/quirks.js';
import { FakePC, settle } from './fake-pc.js';

interface End { pc: FakePC; negotiation: Negotiation; errors: unknown[]; first: boolean[]; prepared: number }

/** Two ends and an ordered wire between them, which can be held. */
function pair(): { polite: End; impolite: End; wire: { held: boolean; release(): void } } {
  const queue: (() => void)[] = [];
  const wire = {
    held: false,
    release(): void {
      wire.held = false;
      for (const deliver of queue.splice(0)) deliver();
    },
  };
  const post = (deliver: () => void): void => void (wire.held ? queue.push(deliver) : setTimeout(deliver));
  const end = (isPolite: boolean, other: () => End): End => {
    const pc = new FakePC();
    const self: End = { pc, errors: [], first: [], prepared: 0, negotiation: null as unknown as Negotiation };
    self.negotiation = new Negotiation(pc as unknown as NegotiablePC, isPolite, {
      sendDescription: (type, sdp, first) => {
        self.first.push(first);
        post(() => other().negotiation.handleDescription(type, sdp, []));
      },
      sendCandidate: (candidate) => post(() => other().negotiation.handleCandidate(candidate)),
      prepareAnswer: () => void self.prepared++,
      negotiated: () => undefined,
      failed: (error) => self.errors.push(error),
    });
    return self;
  };
  const polite: End = end(true, () => impolite);
  const impolite: End = end(false, () => polite);
  return { polite, impolite, wire };
}

function assertAgreed(a: End, b: End): void {
  assert.deepEqual([...a.errors, ...b.errors], []);
  assert.equal(a.pc.signalingState, 'stable');
  assert.equal(b.pc.signalingState, 'stable');
  const bare = (sdp = ''): string => sdp.replaceAll(/a=setup:\w+/g, '');
  assert.equal(bare(a.pc.currentLocalDescription?.sdp), bare(b.pc.currentRemoteDescription?.sdp));
  assert.equal(bare(b.pc.currentLocalDescription?.sdp), bare(a.pc.currentRemoteDescription?.sdp));
}

test('an offer is answered, candidates and their end follow', async () => {
  const { polite, impolite } = pair();
  polite.negotiation.start();
  await settle();
  assertAgreed(polite, impolite);
  assert.deepEqual(polite.first, [true]);
  assert.equal(impolite.prepared, 1);
  for (const { pc } of [polite, impolite]) {
    assert.deepEqual(pc.added.map((c) => c.candidate !== ''), [true, false]);
  }
});

test('glare: the polite side rolls back, both agree, and its restart still happens', async () => {
  const { polite, impolite, wire } = pair();
  impolite.negotiation.start();
  await settle();
  wire.held = true;
  polite.pc.restartIce();
  impolite.pc.restartIce();
  await settle();
  const before = polite.pc.currentLocalDescription?.sdp;
  wire.release();
  await settle();
  assertAgreed(polite, impolite);
  assert.ok(polite.pc.log.includes('rollback') && !impolite.pc.log.includes('rollback'));
  assert.notEqual(polite.pc.currentLocalDescription?.sdp, before);
});

test('repeated glare always ends in agreement', async () => {
  const { polite, impolite, wire } = pair();
  impolite.negotiation.start();
  await settle();
  for (let i = 0; i < 10; i++) {
    wire.held = i % 2 === 0;
    polite.pc.restartIce();
    if (i % 3 !== 0) impolite.pc.restartIce();
    await settle();
    wire.release();
    await settle();
    assertAgreed(polite, impolite);
  }
});

test('a candidate that comes before its description waits; one of an ignored offer is never added', async () => {
  const { polite, impolite } = pair();
  const early = { candidate: 'candidate:early', sdpMid: '0', usernameFragment: 'later' };
  impolite.negotiation.handleCandidate(early);
  impolite.negotiation.handleDescription('offer', 'v=0\r\na=ice-ufrag:now\r\nx-sections:0\r\n', []);
  await settle();
  assert.deepEqual(impolite.pc.added, []);
  impolite.negotiation.handleDescription('offer', 'v=0\r\na=ice-ufrag:later\r\nx-sections:0\r\n', []);
  await settle();
  assert.deepEqual(impolite.pc.added, [early]);
  for (let i = 0; i < 1000; i++) polite.negotiation.handleCandidate({ candidate: 'x', usernameFragment: `no${i}` });
  await settle();
  assert.deepEqual(polite.pc.added, []);
  assert.deepEqual(polite.errors, []);
});

test('the end of candidates names the generation that was gathered', async () => {
  const { polite } = pair();
  const ends: (string | null | undefined)[] = [];
  const pc = new FakePC();
  const negotiation = new Negotiation(pc as unknown as NegotiablePC, true, {
    sendDescription: () => undefined,
    sendCandidate: (candidate) => void (candidate.candidate === '' && ends.push(candidate.usernameFragment)),
    prepareAnswer: () => undefined, negotiated: () => undefined, failed: () => undefined,
  });
  negotiation.start();
  await settle();
  const mine = /f\d+/.exec(pc.localDescription?.sdp ?? '')?.[0];
  // A late null after the offer was replaced by an answer of another generation.
  negotiation.handleDescription('offer', 'v=0\r\na=ice-ufrag:theirs\r\nx-sections:0\r\n', []);
  pc.onicecandidate?.({ candidate: null });
  assert.deepEqual(ends, [mine]);
  polite.negotiation.close();
});

test('an answer that nobody waits for is dropped', async () => {
  const { polite, impolite } = pair();
  polite.negotiation.start();
  await settle();
  polite.negotiation.handleDescription('answer', 'v=0\r\na=ice-ufrag:stale\r\n', []);
  await settle();
  assertAgreed(polite, impolite);
});

test('an offer whose answer got lost with the server is said again', async () => {
  const { polite, impolite, wire } = pair();
  wire.held = true;
  polite.negotiation.start();
  await settle();
  assert.equal(polite.negotiation.resend(), true);
  wire.release();
  await settle();
  assertAgreed(polite, impolite);
  assert.deepEqual(polite.first, [true, true]);
  assert.equal(polite.negotiation.resend(), false);
});

test('a description that cannot be applied is reported, and the next one works', async () => {
  const { polite, impolite } = pair();
  impolite.pc.signalingState = 'have-remote-offer';
  polite.negotiation.start();
  await settle();
  assert.equal(impolite.errors.length, 0, 'an impolite side that is busy ignores the offer');
  impolite.pc.signalingState = 'stable';
  polite.negotiation.resend();
  await settle();
  assertAgreed(polite, impolite);
});

test('nothing happens after close', async () => {
  const { polite, impolite } = pair();
  polite.negotiation.start();
  polite.negotiation.close();
  polite.pc.close();
  await settle();
  assert.deepEqual(polite.errors, []);
  assert.equal(impolite.prepared, 0);
});

test('the DTLS roles stay as the first answer has set them', () => {
  const offer = 'v=0\r\na=setup:actpass\r\nm=audio\r\na=setup:actpass\r\n';
  const says = (type: RTCSdpType, setup: string): RTCSessionDescriptionInit => ({ type, sdp: `v=0\r\na=setup:${setup}\r\n` });
  const roles = (sdp: string): string => [...sdp.matchAll(/setup:(\w+)/g)].map((m) => m[1]).join();
  const weOffered = { local: says('offer', 'actpass'), remote: says('answer', 'active') };
  assert.equal(roles(keepDtlsRole(offer, weOffered)), 'active,active');
  const weAnswered = { local: says('answer', 'active'), remote: says('offer', 'actpass') };
  assert.equal(roles(keepDtlsRole(offer, weAnswered)), 'passive,passive');
  assert.equal(roles(keepDtlsRole(offer, { local: null, remote: null })), 'actpass,actpass');
});
