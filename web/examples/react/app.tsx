import { useEffect, useState, type FormEvent } from 'react';
import { newRoomName, type Call } from '@parley/client';
import { useCall } from './use-call.js';

const room = new URLSearchParams(location.search).get('room') ?? `${location.origin}/r/${newRoomName()}`;

export function App() {
  const { call, media, problem, enter } = useCall();

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    void enter(String(data.get('room')), String(data.get('name')));
  }

  return (
    <>
      {call ? (
        <main>
          <div className="tiles">
            <Tile name="You" stream={media.stream} muted />
            {[...call.peers.values()].map((peer) => (
              <Tile key={peer.id} name={`${peer.name}${peer.media.microphone ? '' : ' (muted)'}`} stream={peer.stream} />
            ))}
          </div>
          <p className="controls">
            <button id="mute" aria-pressed={media.muted} onClick={() => media.setMuted(!media.muted)}>Mute</button>
            <button id="leave" onClick={() => call.leave()}>Leave</button>
          </p>
          <Chat call={call} />
        </main>
      ) : (
        <form id="entry" onSubmit={submit}>
          <label>Room <input name="room" type="url" required defaultValue={room} /></label>
          <label>Your name <input name="name" autoComplete="name" required /></label>
          <button>Join</button>
        </form>
      )}
      <p id="problem" role="alert">{problem}</p>
    </>
  );
}

function Tile({ name, stream, muted = false }: { name: string; stream: MediaStream; muted?: boolean }) {
  const attach = (video: HTMLVideoElement | null) => {
    if (video && video.srcObject !== stream) video.srcObject = stream;
  };
  return (
    <figure>
      <video ref={attach} autoPlay playsInline muted={muted} />
      <figcaption>{name}</figcaption>
    </figure>
  );
}

function Chat({ call }: { call: Call }) {
  const [messages, setMessages] = useState<string[]>([]);
  const lines = call.channel('lines');

  useEffect(() => lines.on('message', ({ from, data }) => {
    setMessages((before) => [...before, `${call.peers.get(from)?.name ?? 'Somebody'}: ${String(data)}`]);
  }), [call, lines]);

  function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const text = String(new FormData(event.currentTarget).get('text'));
    lines.send(text);
    setMessages((before) => [...before, `You: ${text}`]);
    event.currentTarget.reset();
  }

  return (
    <>
      <ul id="messages" aria-live="polite">{messages.map((message, n) => <li key={n}>{message}</li>)}</ul>
      <form id="chat" onSubmit={send}>
        <input name="text" aria-label="Message" autoComplete="off" required />
        <button>Send</button>
      </form>
    </>
  );
}
