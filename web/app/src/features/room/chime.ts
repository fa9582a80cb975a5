/** Two soft notes, made here: nothing to load. */
export function chime(): void {
  const context = new AudioContext();
  const gain = new GainNode(context, { gain: 0 });
  gain.connect(context.destination);
  const begin = context.currentTime + 0.05;
  for (const [n, frequency] of [587.3, 784].entries()) {
    const from = begin + n * 0.16;
    const note = new OscillatorNode(context, { type: 'sine', frequency });
    note.connect(gain);
    gain.gain.setValueAtTime(0, from);
    gain.gain.linearRampToValueAtTime(0.12, from + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, from + 0.4);
    note.start(from);
    note.stop(from + 0.45);
    if (n === 1) note.onended = () => void context.close();
  }
}
