// What the fake cameras show: a drawn person each, as a film of JPEG pictures, and what the fake
// microphones hear: nothing at all, a quiet room, or a voice-like tone that comes and goes.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

const people = {
  ann: { wall: '#24544d', light: '#2f6b61', skin: '#f3c9a5', hair: '#5a3825', shirt: '#f2a671', long: true },
  boris: { wall: '#8a5a3c', light: '#a26d4c', skin: '#e9b58f', hair: '#2c2522', shirt: '#dfe9e4', long: false },
  chen: { wall: '#3f4f6b', light: '#50638a', skin: '#f0c7a0', hair: '#17181c', shirt: '#d66a5a', long: false },
  // Behind her is a shelf of books: what is sharp in it can be measured.
  eve: { wall: '#c9c2b4', light: '#e8e1d0', skin: '#f0c4a2', hair: '#3a2a22', shirt: '#3f6f8a', long: true, books: true },
  dana: { wall: '#6d7a5a', light: '#82916b', skin: '#8d5a3b', hair: '#1d1512', shirt: '#f1e3c4', long: true },
};

function drawing({ wall, light, skin, hair, shirt, long, books = false }, phase) {
  const nod = Math.sin(phase * 2 * Math.PI) * 7;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 540" width="768" height="432">
    <rect width="960" height="540" fill="${wall}"/>
    <circle cx="760" cy="120" r="230" fill="${light}"/>
    <rect x="70" y="70" width="150" height="190" rx="10" fill="${light}"/>
    ${books ? shelf() : ''}
    <g transform="translate(${nod} ${Math.abs(nod) / 2})">
      ${long ? `<path d="M352 250c-20-130 50-190 128-190s148 60 128 190l20 190H332z" fill="${hair}"/>` : ''}
      <path d="M226 560c14-130 104-168 254-168s240 38 254 168z" fill="${shirt}"/>
      <path d="M430 330h100v80c-14 28-86 28-100 0z" fill="${skin}" style="filter:brightness(.9)"/>
      <ellipse cx="480" cy="242" rx="98" ry="122" fill="${skin}"/>
      <path d="M380 232c-6-100 44-140 100-140s106 40 100 140c-14-52-40-78-100-78s-86 26-100 78z" fill="${hair}"/>
      <circle cx="444" cy="246" r="9" fill="#231a16"/><circle cx="516" cy="246" r="9" fill="#231a16"/>
      <path d="M444 304c22 ${18 + nod} 50 ${18 + nod} 72 0" fill="none" stroke="#7c3b2c" stroke-width="8" stroke-linecap="round"/>
    </g></svg>`;
}

function shelf() {
  const colours = ['#7a2e2e', '#2e4a7a', '#d8c38a', '#3c6b45', '#1f1f24', '#b5651d'];
  return Array.from({ length: 60 }, (_, i) => `<rect x="${i * 16}" y="${20 + (i * 37) % 30}" width="9" height="480" fill="${colours[(i * 7) % colours.length]}"/>`).join('');
}

/** Its name is what the browser calls the camera. */
export function filmOf(person) {
  return `Camera of ${person}.mjpeg`;
}

/** Writes a film for each person into `directory`. */
export async function makeFilms(browser, directory) {
  const page = await browser.newPage();
  await page.setViewport({ width: 768, height: 432 });
  const frames = 12;
  for (const [name, person] of Object.entries(people)) {
    const film = [];
    for (let i = 0; i < frames; i++) {
      await page.setContent(`<style>body{margin:0}svg{display:block}</style>${drawing(person, i / frames)}`);
      const picture = Buffer.from(await page.screenshot({ type: 'jpeg', quality: 88 }));
      // Each picture stands for three: a calm movement at the camera's thirty a second.
      film.push(picture, picture, picture, picture, picture);
    }
    await writeFile(path.join(directory, filmOf(name)), Buffer.concat(film));
  }
  await page.close();
  await writeFile(path.join(directory, 'nothing.wav'), wave(() => 0));
  // A quiet room is not digital zero: a microphone that gives nothing at all is broken, and the app says so.
  let seed = 1;
  await writeFile(path.join(directory, 'room.wav'), wave(() => { seed = (seed * 16807) % 2147483647; return 0.004 * (seed / 2147483647 - 0.5); }));
  await writeFile(path.join(directory, 'voice.wav'), wave((s) => 0.25 * Math.sin(2 * Math.PI * 180 * s) * (0.6 + 0.4 * Math.sin(2 * Math.PI * 3 * s))));
}

function wave(sampleAt) {
  const rate = 48_000;
  const count = rate * 2;
  const data = Buffer.alloc(44 + count * 2);
  data.write('RIFF', 0);
  data.writeUInt32LE(36 + count * 2, 4);
  data.write('WAVEfmt ', 8);
  data.writeUInt32LE(16, 16);
  data.writeUInt16LE(1, 20);
  data.writeUInt16LE(1, 22);
  data.writeUInt32LE(rate, 24);
  data.writeUInt32LE(rate * 2, 28);
  data.writeUInt16LE(2, 32);
  data.writeUInt16LE(16, 34);
  data.write('data', 36);
  data.writeUInt32LE(count * 2, 40);
  for (let i = 0; i < count; i++) data.writeInt16LE(Math.round(32767 * sampleAt(i / rate)), 44 + i * 2);
  return data;
}
